import { steadyMemory } from '../../../src/media/octets';
import { socketAddress } from '../../../src/media/relay/address';
import { SocketDrops } from '../../../src/media/relay/kernel-drops';
import {
  AF_INET,
  type Libc,
  loadLibc,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCKADDR_IN,
  SOL_SOCKET,
} from '../../../src/media/relay/libc';
import { Lifeline } from '../../../src/media/relay/lifeline';
import { freeRange } from '../../support/ports';

const LISTENING = 64 * 1024;
const DEAF = 0;
/** More than either has room for. */
const FLOOD = 400;

describe('what the kernel has dropped', () => {
  const memory = steadyMemory(1_100);
  let libc: Libc;
  let at: number;
  let lifeline: Lifeline;
  let drops: SocketDrops;
  let port: number;

  beforeEach(async () => {
    libc = loadLibc();
    at = libc.addressOf(memory);
    lifeline = Lifeline.forSlots(4);
    drops = new SocketDrops(lifeline, libc);
    ({ min: port } = await freeRange(4));
  });
  afterEach(() => lifeline.closeLeftovers());

  function aim(): void {
    const { words } = socketAddress('127.0.0.1', port)!;
    memory.set(new Uint8Array(words.buffer, words.byteOffset, SOCKADDR_IN));
  }

  function room(fd: number, octets: number): void {
    memory.writeInt32LE(octets, 0);
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, at, 4);
  }

  /** A socket that nobody reads, at the port, held in a slot as a worker does. */
  function open(slot: number, octets: number): number {
    const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    room(fd, octets);
    aim();
    expect(libc.bind(fd, at, SOCKADDR_IN)).toBe(0);
    lifeline.hold(slot, fd);
    return fd;
  }

  function flood(fd: number): void {
    aim();
    for (let i = 0; i < FLOOD; i++) libc.sendto(fd, at, 1_000, 0, at, SOCKADDR_IN);
  }

  test('is counted where somebody was to read, and read anew each time', () => {
    const fd = open(1, LISTENING);
    expect(drops.sum()).toBe(0);
    flood(fd);
    const first = drops.sum();
    expect(first).toBeGreaterThan(FLOOD / 4);
    expect(first).toBeLessThan(FLOOD);
    flood(fd);
    expect(drops.sum()).toBe(first + FLOOD);
  });

  test('is none where nobody was to read, also when somebody is again', () => {
    const fd = open(2, DEAF);
    flood(fd);
    expect(drops.sum()).toBe(0);
    room(fd, LISTENING);
    expect(drops.sum()).toBe(0);
    flood(fd);
    flood(fd);
    expect(drops.sum()).toBeGreaterThan(FLOOD / 2);
  });

  test('begins anew with a socket that takes the place of another, and ends with it', () => {
    const fd = open(1, DEAF);
    flood(fd);
    expect(drops.sum()).toBe(0);
    lifeline.hold(1, 0);
    libc.close(fd);
    // By the same number, most likely.
    const next = open(1, LISTENING);
    expect(drops.sum()).toBe(0);
    flood(next);
    expect(drops.sum()).toBeGreaterThan(FLOOD / 4);
    lifeline.hold(1, 0);
    libc.close(next);
    expect(drops.sum()).toBe(0);
  });
});
