import { endianness } from 'node:os';

/**
 * The system calls of the kernel backend, as numbers in and numbers out: pointers are addresses
 * inside memory that does not move, so that a call makes nothing for the collector.
 */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: number, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: number, length: number): number;
  /** `length` is an address as well, of the room, and of what was written. */
  getsockopt(fd: number, level: number, option: number, value: number, length: number): number;
  recvfrom(
    fd: number,
    bytes: number,
    length: number,
    flags: number,
    source: number,
    sourceLength: number,
  ): number;
  sendto(
    fd: number,
    bytes: number,
    length: number,
    flags: number,
    to: number,
    toLength: number,
  ): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: number): number;
  epoll_wait(epoll: number, events: number, room: number, timeoutMs: number): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, bytes: number, length: number): number;
  close(fd: number): number;
  /** Writes a struct timespec. */
  clock_gettime(clock: number, time: number): number;
  usleep(microseconds: number): number;
  /** Of a thread; 0: the calling one. */
  sched_setscheduler(thread: number, policy: number, parameters: number): number;
  /** For calls that the C library has no name for. */
  syscall(number: number, thread: number, pointer: number, third: number, fourth: number): number;
  /** Maps memory that the kernel shares with us; its address, or -1. */
  mmap(at: number, length: number, access: number, flags: number, fd: number, from: number): number;
  munmap(at: number, length: number): number;
  /** `parameters`: a struct io_uring_params. */
  io_uring_setup(entries: number, parameters: number): number;
  io_uring_register(ring: number, operation: number, argument: number, count: number): number;
  /** How many were submitted. */
  io_uring_enter(
    ring: number,
    submit: number,
    complete: number,
    flags: number,
    argument: number,
    length: number,
  ): number;
  /** Name of the last call's error, `EADDRINUSE` say. */
  errorName(): string;
  /** Name of an error by its number. */
  nameOfError(errno: number): string;
  /** The octets at an address, which must stay where they are. */
  view(address: number, length: number): ArrayBuffer;
  /** Where memory outside the collector's heap lies. */
  addressOf(memory: Buffer): number;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SOL_UDP = 17;
/** Octets of each datagram that one send is cut into; 0 for none (udp(7)). */
export const UDP_SEGMENT = 103;
export const SO_RCVBUF = 8;
/** Past the system's limit, for those who may. */
export const SO_RCVBUFFORCE = 33;
/** Memory of a socket, and what it has dropped for want of it. */
export const SO_MEMINFO = 55;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
export const SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;
/** Octets of the struct. */
export const SOCKADDR_IN = 16;
export const SOCKADDR_IN6 = 28;

/** Octets of the struct sockaddr of a family. */
export function sockaddrSize(family: 4 | 6): number {
  return family === 4 ? SOCKADDR_IN : SOCKADDR_IN6;
}

/** What the lower word of an address can count, and its words. */
export const SPAN = 0x100000000;

export function lowWord(address: number): number {
  return (address % SPAN) | 0;
}

export function highWord(address: number): number {
  return Math.floor(address / SPAN) | 0;
}
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 1;
export const EFD_NONBLOCK_CLOEXEC = 0o2004000;

/** The same on every architecture that has them; the C library has no name for them. */
const IO_URING_SETUP = 425;
const IO_URING_ENTER = 426;
const IO_URING_REGISTER = 427;

type System = (number: number, a: number, b: number, c: number, d: number) => number;
type Enter = (number: number, ...asked: Parameters<Libc['io_uring_enter']>) => number;
type Koffi = typeof import('koffi', { with: { 'resolution-mode': 'import' }});

/** struct epoll_event is packed on x86-64 alone. */
export const EPOLL_EVENT_SIZE = process.arch === 'x64' ? 12 : 16;
export const EPOLL_DATA_OFFSET = EPOLL_EVENT_SIZE - 8;

/** Throws, with the reason, where these calls cannot be had as they are written here. */
export function loadLibc(): Libc {
  if (process.platform !== 'linux') throw new Error(`no epoll on ${process.platform}`);
  if (!['x64', 'arm64'].includes(process.arch) || endianness() !== 'LE') {
    throw new Error(`memory layouts of ${process.arch} are not known`);
  }
  const koffi: Koffi = require('koffi');
  const library = koffi.load(null);
  const names = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]));
  const call = (prototype: string) => library.func(prototype) as never;
  const nameOfError = (errno: number): string => names.get(errno) ?? `errno ${errno}`;
  const system: System = call('long syscall(long, long, uintptr_t, long, long)');
  const register: System = call('long syscall(long, long, long, uintptr_t, long)');
  const enter: Enter = call(
    'long syscall(long, int, uint32_t, uint32_t, uint32_t, uintptr_t, size_t)',
  );
  return {
    socket: call('int socket(int, int, int)'),
    bind: call('int bind(int, uintptr_t, uint32_t)'),
    setsockopt: call('int setsockopt(int, int, int, uintptr_t, uint32_t)'),
    getsockopt: call('int getsockopt(int, int, int, uintptr_t, uintptr_t)'),
    recvfrom: call('long recvfrom(int, uintptr_t, size_t, int, uintptr_t, uintptr_t)'),
    sendto: call('long sendto(int, uintptr_t, size_t, int, uintptr_t, uint32_t)'),
    epoll_create1: call('int epoll_create1(int)'),
    epoll_ctl: call('int epoll_ctl(int, int, int, uintptr_t)'),
    epoll_wait: call('int epoll_wait(int, uintptr_t, int, int)'),
    eventfd: call('int eventfd(uint32_t, int)'),
    read: call('long read(int, uintptr_t, size_t)'),
    clock_gettime: call('int clock_gettime(int, uintptr_t)'),
    close: call('int close(int)'),
    usleep: call('int usleep(uint32_t)'),
    sched_setscheduler: call('int sched_setscheduler(int, int, uintptr_t)'),
    syscall: system,
    mmap: call('intptr_t mmap(uintptr_t, size_t, int, int, int, long)'),
    munmap: call('int munmap(uintptr_t, size_t)'),
    io_uring_setup: (entries, parameters) => system(IO_URING_SETUP, entries, parameters, 0, 0),
    io_uring_register: (ring, operation, argument, count) =>
      register(IO_URING_REGISTER, ring, operation, argument, count),
    io_uring_enter: (ring, submit, complete, flags, argument, length) =>
      enter(IO_URING_ENTER, ring, submit, complete, flags, argument, length),
    errorName: () => nameOfError(koffi.errno()),
    nameOfError,
    view: (address, length) => koffi.view(address, length),
    addressOf: (memory) => Number(koffi.address(memory)),
  };
}
