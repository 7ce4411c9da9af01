import { Latch } from '../../../src/recorder/intake/latch';

const ALICE = { address: '192.0.2.1', port: 4000 };
const NAT = { address: '203.0.113.9', port: 61_000 };
const MALLORY = { address: '198.51.100.66', port: 4000 };
const signalled = { address: ALICE.address, rtpPort: ALICE.port, rtcpPort: 4001 };

describe('who may send on a line', () => {
  it('is the first who does', () => {
    const latch = new Latch();
    latch.expect(signalled);
    expect(latch.admits(NAT, 0)).toBe(true);
    expect(latch.admits(MALLORY, 20)).toBe(false);
    expect(latch.admits(NAT, 40)).toBe(true);
    expect(latch.sender).toEqual(NAT);
  });

  it('is whoever sends from where signalling said, even after somebody else', () => {
    const latch = new Latch();
    latch.expect(signalled);
    expect(latch.admits(MALLORY, 0)).toBe(true);
    expect(latch.admits(ALICE, 20)).toBe(true);
    expect(latch.admits(MALLORY, 40)).toBe(false);
  });

  it('is the same host from another port when the old one has been silent for long', () => {
    const latch = new Latch();
    latch.expect(undefined);
    latch.admits(NAT, 0);
    const moved = { ...NAT, port: 61_001 };
    expect(latch.admits(moved, 4000)).toBe(false);
    expect(latch.admits(moved, 5001)).toBe(true);
    expect(latch.admits(MALLORY, 60_000)).toBe(false);
  });

  it('is open again when signalling says anew, and not when it repeats itself', () => {
    const latch = new Latch();
    latch.expect(signalled);
    latch.admits(NAT, 0);
    latch.expect({ ...signalled });
    expect(latch.admits(MALLORY, 20)).toBe(false);
    latch.expect({ ...signalled, rtpPort: 4100 });
    expect(latch.admits({ ...ALICE, port: 4100 }, 40)).toBe(true);
    expect(latch.admits(NAT, 60)).toBe(false);
  });
});
