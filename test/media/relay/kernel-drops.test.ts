import { socketAddress } from '../../../src/media/relay/address';
import type { DatagramSocket } from '../../../src/media/relay/datagram';
import { EpollCarrier } from '../../../src/media/relay/epoll-carrier';
import { SocketDrops } from '../../../src/media/relay/kernel-drops';
import { KernelSockets } from '../../../src/media/relay/kernel-sockets';
import { loadLibc } from '../../../src/media/relay/libc';
import { Lifeline } from '../../../src/media/relay/lifeline';
import { freeRange } from '../../support/ports';

/** More than any buffer has room for. */
const FLOOD = 8_000;

describe('what the kernel has dropped', () => {
  const datagram = Buffer.alloc(1_000);
  let lifeline: Lifeline;
  let sockets: KernelSockets;
  let drops: SocketDrops;
  let port: number;

  beforeEach(async () => {
    const libc = loadLibc();
    lifeline = Lifeline.forSlots(4);
    // Nothing is read: they do not run.
    sockets = new KernelSockets(libc, lifeline, () => {}, EpollCarrier.on);
    drops = new SocketDrops(lifeline, libc);
    ({ min: port } = await freeRange(4));
  });
  afterEach(() => lifeline.closeLeftovers());

  function open(): DatagramSocket {
    let opened: DatagramSocket | undefined;
    sockets.open('127.0.0.1', port, { onDatagram: () => {} }, (socket) => {
      opened = socket;
    });
    return opened!;
  }

  /** All that a socket has room for, and so much that it has not. */
  function flood(socket: DatagramSocket): void {
    const to = socketAddress('127.0.0.1', port)!;
    for (let i = 0; i < FLOOD; i++) socket.send(datagram, 0, datagram.length, to);
  }

  test('is counted where somebody was to read, and read anew each time', () => {
    const socket = open();
    expect(drops.sum()).toBe(0);
    flood(socket);
    const first = drops.sum();
    expect(first).toBeGreaterThan(FLOOD / 10);
    expect(first).toBeLessThan(FLOOD);
    flood(socket);
    expect(drops.sum()).toBe(first + FLOOD);
  });

  test('is none where nobody was to read, also when nobody asked until somebody is again', () => {
    const socket = open();
    for (let round = 0; round < 2; round++) {
      socket.listen(false);
      flood(socket);
      if (round === 1) expect(drops.sum()).toBe(0);
      socket.listen(true);
      expect(drops.sum()).toBe(0);
    }
    flood(socket);
    flood(socket);
    expect(drops.sum()).toBeGreaterThan(FLOOD / 2);
  });

  test('begins anew with a socket that takes the place of another, and ends with it', () => {
    const before = open();
    before.listen(false);
    flood(before);
    before.close();
    // By the same number, most likely.
    const next = open();
    expect(drops.sum()).toBe(0);
    flood(next);
    expect(drops.sum()).toBeGreaterThan(FLOOD / 10);
    next.close();
    expect(drops.sum()).toBe(0);
  });
});
