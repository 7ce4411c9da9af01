import { Fault } from '../../../src/core';
import {
  type DatagramSink,
  drain,
  type Opened,
  type SocketSet,
} from '../../../src/media/relay/datagram';
import { dropsIn } from '../../../src/media/relay/kernel-drops';
import { type PortPair, PortPairs } from '../../../src/media/relay/port-pairs';
import { PortRange } from '../../../src/media/relay/port-range';
import { Row } from '../../../src/media/relay/row';
import { QuietSocket } from '../support/quiet-socket';

/** A system whose ports are taken as the test says. */
class FakeSockets implements SocketSet {
  readonly bound = new Set<number>();
  readonly refuse = new Map<number, string>();
  time = 0;

  open(address: string, port: number, sink: DatagramSink, done: Opened): void {
    const refusal = this.refuse.get(port) ?? (this.bound.has(port) ? 'EADDRINUSE' : undefined);
    if (refusal) {
      done(undefined, refusal);
      return;
    }
    this.bound.add(port);
    const socket = new QuietSocket(port, sink, new Row(), address);
    socket.close = () => void this.bound.delete(port);
    done(socket, '');
  }

  now(): number {
    return this.time;
  }
}

function world(min: number, max: number, quarantine = 100) {
  const sockets = new FakeSockets();
  const pairs = new PortPairs(sockets, new PortRange(min, max), quarantine);
  const open = (address = '127.0.0.1'): PortPair | Fault => {
    let result: PortPair | Fault | undefined;
    pairs.open(address, (opened) => {
      result = opened;
    });
    if (!result) throw new Error('not answered');
    return result;
  };
  const advance = (to: number): void => {
    sockets.time = to;
  };
  return { sockets, pairs, open, advance };
}

function pair(opened: PortPair | Fault): PortPair {
  if (opened instanceof Fault) throw opened;
  return opened;
}

describe('a range of ports', () => {
  test('gives each even port that has its odd neighbour, once', () => {
    const range = new PortRange(5001, 5008);
    const taken = [range.take(), range.take(), range.take(), range.take()];
    expect(taken.sort()).toEqual([5002, 5004, 5006, undefined]);
  });

  test('chooses at random', () => {
    const range = new PortRange(5000, 5019, () => 0.5);
    expect([range.take(), range.take()]).toEqual([5010, 5008]);
  });

  test('gives again what was given back', () => {
    const range = new PortRange(5000, 5001);
    range.giveBack(range.take()!);
    expect(range.free).toBe(1);
    expect(range.take()).toBe(5000);
  });

  test('knows what another before it has not given back', () => {
    const marks = PortRange.marksFor(40_001, 40_008);
    const before = new PortRange(40_001, 40_008, () => 0, marks);
    const [kept, given] = [before.take()!, before.take()!];
    before.giveBack(given);
    const after = new PortRange(40_001, 40_008, () => 0, marks);
    expect(after.leftBehind).toEqual([kept]);
    expect(after.free).toBe(2);
  });

  test('is empty when it holds no pair', () => {
    expect(new PortRange(5001, 5002).take()).toBeUndefined();
    expect(new PortRange(5000, 5000).take()).toBeUndefined();
  });
});

describe('port pairs', () => {
  test('are bound even and odd', () => {
    const { open, pairs } = world(5000, 5001);
    const { rtp, rtcp } = pair(open());
    expect([rtp.port, rtcp.port]).toEqual([5000, 5001]);
    expect(pairs.inUse).toBe(2);
  });

  test('rest bound and deaf before they are given again', () => {
    const { open, pairs, sockets, advance } = world(5000, 5001);
    const first = pair(open());
    first.rtp.sink = { onDatagram: () => {} };
    pairs.retire(first);
    expect(first.rtp.sink).toBe(drain);
    advance(99);
    expect(open()).toMatchObject({ code: 'PORTS_EXHAUSTED' });
    expect(sockets.bound.size).toBe(2);
    expect([pairs.inUse, pairs.quarantined]).toEqual([0, 2]);
    advance(100);
    expect(pair(open())).toBe(first);
    expect([pairs.inUse, pairs.quarantined]).toEqual([2, 0]);
  });

  test('that nobody was told of need no rest', () => {
    const { open, pairs } = world(5000, 5001);
    const first = pair(open());
    pairs.giveBack(first);
    expect([pairs.inUse, pairs.quarantined]).toEqual([0, 0]);
    expect(pair(open())).toBe(first);
  });

  test('that nobody has are bound anew when another address is asked for', () => {
    const { open, pairs, sockets, advance } = world(5000, 5001);
    const first = pair(open());
    pairs.retire(first);
    advance(100);
    const second = pair(open('127.0.0.2'));
    expect(second).not.toBe(first);
    expect(second.rtcp).toMatchObject({ address: '127.0.0.2', port: 5001 });
    expect([...sockets.bound].sort()).toEqual([5000, 5001]);
  });

  test('rest less than their quarantine when no others are left, the longest at rest first', () => {
    const { open, pairs, advance } = world(5000, 5003, 10_000);
    const [first, second] = [pair(open()), pair(open())];
    pairs.retire(second);
    advance(500);
    pairs.retire(first);
    advance(999);
    expect(open()).toMatchObject({ code: 'PORTS_EXHAUSTED' });
    advance(1_500);
    expect([open(), open()]).toEqual([second, first]);
    expect(open()).toMatchObject({ code: 'PORTS_EXHAUSTED' });
  });

  test('rest their whole quarantine while others are left', () => {
    const { open, pairs, advance } = world(5000, 5003, 10_000);
    const first = pair(open());
    pairs.retire(first);
    advance(9_999);
    expect(open()).not.toBe(first);
    expect(pairs.quarantined).toBe(2);
  });

  test('pass over what somebody else has, either port of it', () => {
    const { open, sockets } = world(5000, 5007);
    sockets.refuse.set(5000, 'EADDRINUSE').set(5003, 'EADDRINUSE');
    const ports = [pair(open()).rtp.port, pair(open()).rtp.port];
    expect(ports.sort()).toEqual([5004, 5006]);
    expect(open()).toMatchObject({ code: 'PORTS_EXHAUSTED' });
    expect([...sockets.bound].sort()).toEqual([5004, 5005, 5006, 5007]);
  });

  test('try again after a while what somebody else had', () => {
    const { open, sockets, advance } = world(5000, 5001);
    sockets.refuse.set(5001, 'EADDRINUSE');
    expect(open()).toMatchObject({ code: 'PORTS_EXHAUSTED' });
    sockets.refuse.clear();
    advance(100);
    expect(pair(open()).rtp.port).toBe(5000);
  });

  test('give up in time when a whole large range is somebody else’s', () => {
    const { open, sockets } = world(10_000, 59_999);
    for (let port = 10_000; port < 60_000; port++) sockets.refuse.set(port, 'EADDRINUSE');
    expect(open()).toMatchObject({ code: 'PORTS_EXHAUSTED' });
  });

  test('tell what else the system refused, and lose no port by it', () => {
    const { open, sockets } = world(5000, 5001);
    sockets.refuse.set(5001, 'EMFILE');
    expect(open()).toMatchObject({ message: expect.stringContaining('EMFILE') });
    expect(sockets.bound.size).toBe(0);
    sockets.refuse.clear();
    expect(pair(open()).rtp.port).toBe(5000);
  });
});

test('kernel drops are summed over the sockets in the ranges', () => {
  const line = (port: string, drops: number) =>
    `  123: 0100007F:${port} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 99 2 0000000000000000 ${drops}`;
  const table = [
    '  sl  local_address rem_address',
    line('1388', 5),
    line('1389', 7),
    line('2000', 9),
  ];
  const text = `${table.join('\n')}\n`;
  expect(dropsIn(text, [{ min: 5000, max: 5001 }])).toBe(12);
  expect(
    dropsIn(text, [
      { min: 5001, max: 5002 },
      { min: 8192, max: 8192 },
    ]),
  ).toBe(16);
  expect(dropsIn('', [{ min: 5000, max: 5001 }])).toBe(0);
});
