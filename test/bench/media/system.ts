/** The system calls of the load: many datagrams a call, and the kernel's own times of arrival. */
export interface System {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: number, length: number): number;
  getsockname(fd: number, address: number, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: number, length: number): number;
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number;
  clock_gettime(clock: number, time: number): number;
  usleep(microseconds: number): number;
  getsockopt(fd: number, level: number, option: number, value: number, length: number): number;
  prctl(option: number, value: number, c: number, d: number, e: number): number;
  /** 0 for this thread. */
  sched_setscheduler(thread: number, policy: number, priority: number): number;
  errno(): number;
}

export const AF_INET = 2;
export const SOCK_DGRAM_NONBLOCK = 0o4002;
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
/** Nine words about a socket's memory; the last: datagrams that found it full. */
export const SO_MEMINFO = 55;
export const SK_MEMINFO_DROPS = 8;
export const SOL_UDP = 17;
/** Batches are received whole, with the octets of each datagram in a control message of this type. */
export const UDP_GRO = 104;
export const SCHED_FIFO = 1;
export const MSG_DONTWAIT = 0x40;
export const CLOCK_REALTIME = 0;
export const PR_SET_TIMERSLACK = 29;

type Koffi = typeof import('koffi', { with: { 'resolution-mode': 'import' }});

export function loadSystem(): System {
  const koffi: Koffi = require('koffi');
  const library = koffi.load(null);
  const call = (prototype: string) => library.func(prototype) as never;
  return {
    socket: call('int socket(int, int, int)'),
    bind: call('int bind(int, uintptr_t, uint32_t)'),
    getsockname: call('int getsockname(int, uintptr_t, uintptr_t)'),
    setsockopt: call('int setsockopt(int, int, int, uintptr_t, uint32_t)'),
    getsockopt: call('int getsockopt(int, int, int, uintptr_t, uintptr_t)'),
    sched_setscheduler: call('int sched_setscheduler(int, int, uintptr_t)'),
    sendmmsg: call('int sendmmsg(int, uintptr_t, uint32_t, int)'),
    recvmmsg: call('int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)'),
    clock_gettime: call('int clock_gettime(int, uintptr_t)'),
    usleep: call('int usleep(uint32_t)'),
    prctl: call('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)'),
    errno: () => koffi.errno(),
  };
}

/** Memory that does not move, handed out piece by piece, for the kernel to read and write. */
export class Arena {
  readonly bytes: Buffer;
  readonly base: number;
  #top = 0;

  constructor(size: number) {
    const koffi: Koffi = require('koffi');
    this.bytes = Buffer.allocUnsafeSlow(size).fill(0);
    this.base = Number(koffi.address(this.bytes));
  }

  /** The offset of so many octets, on a boundary of 64. */
  take(size: number): number {
    const at = this.#top;
    this.#top += (size + 63) & ~63;
    if (this.#top > this.bytes.length) throw new Error('the arena is too small');
    return at;
  }

  pointer(at: number, to: number): void {
    this.bytes.writeBigUInt64LE(BigInt(this.base + to), at);
  }
}
