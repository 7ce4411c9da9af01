import { socketAddress } from '../../../src/media/relay/address';
import { Latch, STRAGGLER_GRACE } from '../../../src/media/relay/latch';

const at = (port: number, host = '192.0.2.1') => socketAddress(host, port)!;
const signalled = at(4000);
const nat = at(61_000, '203.0.113.5');
const stranger = at(666, '198.51.100.9');

describe('a latch', () => {
  test('sends to where signalling says until a packet comes', () => {
    const latch = new Latch();
    expect(latch.target).toBeUndefined();
    latch.expect(signalled, 0);
    expect(latch.target).toBe(signalled);
    expect(latch.judge(nat.words, 1)).toBe('latched');
    expect(latch.target).toMatchObject({ address: '203.0.113.5', port: 61_000 });
    expect(latch.judge(nat.words, 2)).toBe('party');
  });

  test('refuses others after the first packet, and counts them', () => {
    const latch = new Latch();
    latch.expect(signalled, 0);
    latch.judge(nat.words, 1);
    expect(latch.judge(stranger.words, 2)).toBe('stranger');
    expect(latch.judge(at(61_001, '203.0.113.5').words, 3)).toBe('stranger');
    expect(latch.strangers).toBe(2);
    expect(latch.target).toMatchObject({ port: 61_000 });
  });

  test('lets the signalled address take over from another, once and for all', () => {
    const latch = new Latch();
    latch.expect(signalled, 0);
    latch.judge(stranger.words, 1);
    expect(latch.judge(signalled.words, 2)).toBe('latched');
    expect(latch.judge(stranger.words, 3)).toBe('stranger');
    expect(latch.target).toMatchObject({ port: 4000 });
  });

  test('is not moved by the same expectation again', () => {
    const latch = new Latch();
    latch.expect(signalled, 0);
    latch.judge(nat.words, 1);
    latch.expect(at(4000), 2);
    expect(latch.target).toMatchObject({ port: 61_000 });
    expect(latch.judge(stranger.words, 3)).toBe('stranger');
  });

  test('moves with signalling, and does not follow what is still under way from before', () => {
    const latch = new Latch();
    latch.expect(signalled, 0);
    latch.judge(signalled.words, 1);
    const moved = at(5000);
    latch.expect(moved, 10);
    expect(latch.target).toBe(moved);
    expect(latch.judge(signalled.words, 11)).toBe('party');
    expect(latch.target).toBe(moved);
    expect(latch.judge(moved.words, 12)).toBe('latched');
    expect(latch.judge(signalled.words, 13)).toBe('stranger');
  });

  test('follows the old place after all when nothing came from elsewhere', () => {
    const latch = new Latch();
    latch.expect(signalled, 0);
    latch.judge(nat.words, 1);
    latch.expect(at(5000), 10);
    expect(latch.judge(nat.words, 10 + STRAGGLER_GRACE)).toBe('latched');
    expect(latch.target).toMatchObject({ port: 61_000 });
  });

  test('stays latched when signalling names the place where it is latched already', () => {
    const latch = new Latch();
    latch.expect(signalled, 0);
    latch.judge(nat.words, 1);
    latch.expect(nat, 2);
    expect(latch.judge(nat.words, 3)).toBe('party');
    expect(latch.judge(stranger.words, 4)).toBe('stranger');
  });

  test('sends nothing while nothing is expected, and remembers for after the hold', () => {
    const latch = new Latch();
    latch.expect(signalled, 0);
    latch.judge(nat.words, 1);
    latch.expect(undefined, 2);
    expect(latch.target).toBeUndefined();
    expect(latch.judge(nat.words, 3)).toBe('party');
    expect(latch.target).toBeUndefined();
    latch.expect(signalled, 4);
    expect(latch.target).toMatchObject({ port: 61_000 });
  });

  test('takes an unspecified address for none', () => {
    const latch = new Latch();
    latch.expect(at(4000, '0.0.0.0'), 0);
    expect(latch.target).toBeUndefined();
    latch.expect(at(4000, '::'), 0);
    expect(latch.target).toBeUndefined();
  });

  test('sends to whom it heard when signalling has not said anything it could use', () => {
    const latch = new Latch();
    expect(latch.judge(nat.words, 0)).toBe('latched');
    expect(latch.target).toMatchObject({ port: 61_000 });
    latch.expect(undefined, 1);
    expect(latch.target).toMatchObject({ port: 61_000 });
    latch.expect(signalled, 2);
    expect(latch.target).toMatchObject({ port: 61_000 });
    latch.expect(undefined, 3);
    expect(latch.target).toBeUndefined();
  });
});
