import type { Instant, Millis } from '../../core';
import { type SocketAddress, socketAddress } from './address';
import type { Agenda } from './agenda';
import {
  type DatagramSink,
  type DatagramSocket,
  type Opened,
  RECEIVE_BUFFER,
  type SocketSet,
} from './datagram';
import { KernelClock } from './kernel-clock';
import {
  AF_INET,
  AF_INET6,
  EFD_NONBLOCK_CLOEXEC,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLLIN,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  type Libc,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from './libc';
import type { Lifeline } from './lifeline';
import { Pace } from './pace';
import { MAX_EVENTS, Slab } from './slab';

/** Read here once: the constants of another module are looked up anew at every use. */
const RECEIVE_FLAGS = MSG_DONTWAIT;
const SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;
const SOCKADDR_IN = 16;
const SOCKADDR_IN6 = 28;
/** Stands for the eventfd among the slots. */
const WAKE = -1;
/** A worker that is to be terminated notices within this time, however little there is to do. */
const LONGEST_WAIT: Millis = 500;

/**
 * UDP as the kernel has it: one thread that blocks in epoll_wait, one block of memory that every
 * datagram goes through, and nothing made for the collector on the way.
 */
export class KernelSockets implements SocketSet {
  readonly #slab: Slab;
  readonly #clock: KernelClock;
  readonly #epoll: number;
  readonly #wakeFd: number;
  readonly #sockets: Array<KernelSocket | undefined> = [];
  readonly #freeSlots: number[] = [];
  #running = true;

  /** `onBug` hears of what a sink has thrown; the packet is lost, the others go on. */
  constructor(
    private readonly libc: Libc,
    private readonly lifeline: Lifeline,
    private readonly onBug: (error: unknown) => void,
    private readonly pace = new Pace(),
  ) {
    this.#slab = new Slab(libc);
    this.#clock = new KernelClock(libc, this.#slab);
    for (let slot = lifeline.slots - 1; slot > 0; slot--) this.#freeSlots.push(slot);
    this.#epoll = this.#must(libc.epoll_create1(EPOLL_CLOEXEC));
    lifeline.hold(0, this.#epoll);
    this.#wakeFd = this.#must(libc.eventfd(0, EFD_NONBLOCK_CLOEXEC));
    lifeline.listen(this.#wakeFd);
    this.#must(this.#watch(this.#wakeFd, WAKE));
  }

  now(): Instant {
    this.#clock.read();
    return this.#clock.ms;
  }

  open(address: string, port: number, sink: DatagramSink, done: Opened): void {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) {
      done(undefined, 'EMFILE');
      return;
    }
    const local = socketAddress(address, port);
    const fd = local ? this.#bind(local, slot) : 'EINVAL';
    if (!local || typeof fd === 'string') {
      this.#freeSlots.push(slot);
      done(undefined, String(fd));
      return;
    }
    this.lifeline.hold(slot, fd);
    const socket = new KernelSocket(this, fd, slot, local, sink);
    this.#sockets[slot] = socket;
    done(socket, '');
  }

  /** Moves datagrams until `stop`. `onWake` takes what control has posted. */
  run(agenda: Agenda, onWake: () => void): void {
    const clock = this.#clock;
    clock.read();
    while (this.#running) {
      const longest = wait(agenda, clock.ms);
      const ready = this.libc.epoll_wait(this.#epoll, this.#slab.events, MAX_EVENTS, longest);
      clock.read();
      const { ms: now, us } = clock;
      if (ready < 0 && this.libc.errorName() !== 'EINTR') throw new Error(this.libc.errorName());
      for (let i = 0; i < ready; i++) {
        const slot = this.#slab.eventSlot(i);
        if (slot === WAKE) this.#wake(onWake);
        else this.#read(slot, now);
      }
      clock.read();
      if (agenda.isDue(clock.ms)) agenda.run(clock.ms);
      const spent = 1000 * (clock.ms - now) + clock.us - us;
      const pause = 1000 * this.pace.after(ready, now) - spent;
      if (pause > 0) this.libc.usleep(pause);
    }
  }

  stop(): void {
    this.#running = false;
  }

  send(fd: number, bytes: Buffer, offset: number, length: number, to: SocketAddress): boolean {
    const slab = this.#slab;
    let at = slab.receive;
    if (bytes !== slab.bytes || offset !== slab.receiveAt) {
      bytes.copy(slab.bytes, slab.stagingAt, offset, offset + length);
      at = slab.staging;
    }
    slab.setDestination(to);
    return (
      this.libc.sendto(
        fd,
        at,
        length,
        SEND_FLAGS,
        slab.destination,
        to.family === 4 ? SOCKADDR_IN : SOCKADDR_IN6,
      ) === length
    );
  }

  close(socket: KernelSocket): void {
    if (this.#sockets[socket.slot] !== socket) return;
    this.#sockets[socket.slot] = undefined;
    this.lifeline.hold(socket.slot, 0);
    this.libc.close(socket.fd);
    this.#freeSlots.push(socket.slot);
  }

  /** One datagram a turn: epoll reports the socket again when there are more. */
  #read(slot: number, now: Instant): void {
    const socket = this.#sockets[slot];
    // It may have been closed since the kernel reported it.
    if (socket === undefined) return;
    const slab = this.#slab;
    slab.expectSource();
    const length = this.libc.recvfrom(
      socket.fd,
      slab.receive,
      slab.receiveSize,
      RECEIVE_FLAGS,
      slab.sourceAddress,
      slab.sourceLength,
    );
    if (length < 0) return;
    try {
      socket.sink.onDatagram(slab.bytes, slab.receiveAt, length, slab.source, now);
    } catch (error) {
      this.onBug(error);
    }
  }

  #wake(onWake: () => void): void {
    this.libc.read(this.#wakeFd, this.#slab.scratch, 8);
    this.lifeline.awake();
    onWake();
  }

  /** The file descriptor of a socket that is bound and watched, or the name of the refusal. */
  #bind(local: SocketAddress, slot: number): number | string {
    const { libc } = this;
    const v6 = local.family === 6;
    const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = libc.socket(v6 ? AF_INET6 : AF_INET, type, 0);
    if (fd < 0) return libc.errorName();
    if (v6) this.#option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (this.#option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0) {
      this.#option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    }
    this.#slab.setDestination(local);
    const bound = libc.bind(fd, this.#slab.destination, v6 ? SOCKADDR_IN6 : SOCKADDR_IN);
    if (bound === 0 && this.#watch(fd, slot) === 0) return fd;
    const refusal = libc.errorName();
    libc.close(fd);
    return refusal;
  }

  #option(fd: number, level: number, option: number, value: number): number {
    this.#slab.setScratch(value);
    return this.libc.setsockopt(fd, level, option, this.#slab.scratch, 4);
  }

  #watch(fd: number, slot: number): number {
    this.#slab.setScratchEvent(EPOLLIN, slot);
    return this.libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#slab.scratch);
  }

  #must(result: number): number {
    if (result < 0) throw new Error(this.libc.errorName());
    return result;
  }
}

/** Milliseconds until the next appointment, rounded up: early would be for nothing. */
function wait(agenda: Agenda, now: Instant): Millis {
  const next = agenda.next();
  if (next === undefined) return LONGEST_WAIT;
  return Math.max(0, Math.min(LONGEST_WAIT, Math.ceil(next - now)));
}

class KernelSocket implements DatagramSocket {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;

  constructor(
    private readonly set: KernelSockets,
    readonly fd: number,
    readonly slot: number,
    local: SocketAddress,
    public sink: DatagramSink,
  ) {
    this.address = local.address;
    this.port = local.port;
    this.family = local.family;
  }

  send(bytes: Buffer, offset: number, length: number, to: SocketAddress): boolean {
    return to.family === this.family && this.set.send(this.fd, bytes, offset, length, to);
  }

  close(): void {
    this.set.close(this);
  }
}
