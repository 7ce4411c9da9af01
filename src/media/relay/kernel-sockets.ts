import type { Instant, Millis } from '../../core';
import { copyOctets } from '../octets';
import { type SocketAddress, socketAddress } from './address';
import type { Agenda } from './agenda';
import { BATCH_PATIENCE, Batch, LONGEST_IN_BATCH } from './batch';
import {
  type DatagramSink,
  type DatagramSocket,
  type Opened,
  RECEIVE_BUFFER,
  type SocketSet,
} from './datagram';
import { KernelClock } from './kernel-clock';
import { DropCounter } from './kernel-drops';
import {
  AF_INET,
  AF_INET6,
  EFD_NONBLOCK_CLOEXEC,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  type Libc,
  MSG_DONTWAIT,
  SEND_FLAGS,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  SOL_SOCKET,
  SOL_UDP,
  UDP_SEGMENT,
} from './libc';
import type { Lifeline } from './lifeline';
import { Pace } from './pace';
import { ROW, Row, Rows } from './row';
import { RowPath } from './row-path';
import { MAX_EVENTS, Slab } from './slab';

/** Read here once: the constants of another module are looked up anew at every use. */
const RECEIVE_FLAGS = MSG_DONTWAIT;
const ROW_LENGTH = ROW.length;
const FD = ROW.fd;
/** What is said where a batch cannot be taken apart on the way out. */
const UNABLE = ['EIO', 'EINVAL', 'EOPNOTSUPP', 'EMSGSIZE'];
/** Datagrams read at once that nobody is to hear; where there are more, they do not end. */
const LEFTOVERS = 4_096;
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
  readonly #rows: Rows;
  readonly #path: RowPath;
  readonly #freeSlots: number[] = [];
  /** Sockets with a batch that waits, by when it began: a ring. */
  readonly #waiting: Int32Array;
  readonly #waitingSince: Float64Array;
  #firstWaiting = 0;
  #waitingCount = 0;
  readonly #drops: DropCounter;
  #running = true;

  /** `onBug` hears of what a sink has thrown; the packet is lost, the others go on. */
  constructor(
    private readonly libc: Libc,
    private readonly lifeline: Lifeline,
    private readonly onBug: (error: unknown) => void,
    private readonly pace = new Pace(),
  ) {
    this.#slab = new Slab(libc);
    this.#drops = new DropCounter(libc);
    this.#rows = new Rows(lifeline.slots);
    this.#path = new RowPath(libc, this.#slab, this.#rows, (row, length) => {
      const socket = this.#sockets[row / ROW_LENGTH]!;
      return this.sendLater(socket, this.#slab.bytes, this.#slab.receiveAt, length, socket.to!);
    });
    this.#waiting = new Int32Array(lifeline.slots);
    this.#waitingSince = new Float64Array(lifeline.slots);
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
    const row = new Row(this.#rows, slot);
    row.clear();
    row.set(ROW.fd, fd);
    const socket = new KernelSocket(this, fd, slot, row, local, sink);
    this.#sockets[slot] = socket;
    done(socket, '');
  }

  /** Moves datagrams until `stop`. `onWake` takes what control has posted. */
  run(agenda: Agenda, onWake: () => void): void {
    const clock = this.#clock;
    clock.read();
    while (this.#running) {
      let longest = wait(agenda, clock.ms);
      if (this.#waitingCount > 0) longest = Math.min(longest, BATCH_PATIENCE);
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
      if (this.#waitingCount > 0) this.#flushOld(clock.ms - BATCH_PATIENCE);
      if (agenda.isDue(clock.ms)) agenda.run(clock.ms);
      const spent = 1000 * (clock.ms - now) + clock.us - us;
      const pause = 1000 * this.pace.after(ready, now) - spent;
      if (pause > 0) this.libc.usleep(pause);
    }
  }

  stop(): void {
    this.#running = false;
  }

  send(
    socket: KernelSocket,
    bytes: Buffer,
    offset: number,
    length: number,
    to: SocketAddress,
  ): boolean {
    if (socket.segment !== 0) this.#fits(socket, length);
    const slab = this.#slab;
    let at = slab.receive;
    if (bytes !== slab.bytes || offset !== slab.receiveAt) {
      copyOctets(bytes, offset, slab.bytes, slab.stagingAt, length);
      at = slab.staging;
    }
    return this.#sendFrom(socket.fd, at, length, to);
  }

  /** How many were refused. */
  sendLater(
    socket: KernelSocket,
    bytes: Buffer,
    offset: number,
    length: number,
    to: SocketAddress,
  ): number {
    socket.to = to;
    if (length === 0 || length > LONGEST_IN_BATCH || socket.takesNoBatch) {
      return this.flush(socket) + (socket.send(bytes, offset, length, to) ? 0 : 1);
    }
    socket.batch ??= new Batch(this.libc, socket.slot);
    const { batch } = socket;
    const refused = batch.takes(length, to) ? 0 : this.flush(socket);
    batch.add(bytes, offset, length, to, this.#clock.ms);
    if (batch.isFull()) return refused + this.flush(socket);
    if (!batch.waits) this.#wait(batch);
    return refused;
  }

  /**
   * A socket that nobody waits for is not among those watched: else the kernel looks for whom to wake at every
   * datagram that has left it. What comes there finds hardly any room.
   */
  listen(socket: KernelSocket, on: boolean): boolean {
    const { fd, slot } = socket;
    this.#makeRoom(fd, on ? RECEIVE_BUFFER : 0);
    this.lifeline.forgive(slot, on ? this.#drops.of(fd) : undefined);
    if (on) return this.#watch(fd, slot) === 0;
    return this.libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, fd, this.#slab.scratch) === 0;
  }

  /** Sends what waits in a socket's batch; how many datagrams were refused. */
  flush(socket: KernelSocket): number {
    const { batch } = socket;
    if (batch === undefined || batch.count === 0) return 0;
    const { to, count, fill, length } = batch;
    batch.clear();
    const ready = count > 1 ? this.#cuts(socket, length) : this.#fits(socket, fill);
    if (ready && this.#sendFrom(socket.fd, batch.pointer, fill, to!)) return 0;
    socket.takesNoBatch = count > 1 && UNABLE.includes(this.libc.errorName());
    return count === 1 ? 1 : this.#sendSingly(socket, batch, fill, length, to!);
  }

  /** Whether the kernel cuts what a socket sends into datagrams of this length; 0: it leaves them whole. */
  #cuts(socket: KernelSocket, length: number): boolean {
    if (length === socket.segment) return true;
    if (this.#option(socket.fd, SOL_UDP, UDP_SEGMENT, length) < 0) return false;
    socket.segment = length;
    return true;
  }

  /** Whether a datagram of this length leaves whole. */
  #fits(socket: KernelSocket, length: number): boolean {
    return length <= socket.segment || this.#cuts(socket, 0);
  }

  /** Where the kernel, or the way out, does not know how to take a batch apart. */
  #sendSingly(
    socket: KernelSocket,
    batch: Batch,
    fill: number,
    length: number,
    to: SocketAddress,
  ): number {
    let refused = 0;
    // Some ways out refuse whatever comes from a socket that has its datagrams cut.
    this.#cuts(socket, 0);
    for (let at = 0; at < fill; at += length) {
      if (!this.send(socket, batch.bytes, at, Math.min(length, fill - at), to)) refused += 1;
    }
    return refused;
  }

  #sendFrom(fd: number, at: number, length: number, to: SocketAddress): boolean {
    const { libc } = this;
    const { destination } = this.#slab;
    this.#slab.setDestination(to);
    const size = to.family === 4 ? SOCKADDR_IN : SOCKADDR_IN6;
    return libc.sendto(fd, at, length, SEND_FLAGS, destination, size) === length;
  }

  #wait(batch: Batch): void {
    const at = (this.#firstWaiting + this.#waitingCount) % this.#waiting.length;
    batch.waits = true;
    this.#waiting[at] = batch.slot;
    this.#waitingSince[at] = batch.since;
    this.#waitingCount += 1;
  }

  /** Sends what began to wait at `limit` or before. A batch that has begun anew meanwhile waits anew. */
  #flushOld(limit: Instant): void {
    for (let left = this.#waitingCount; left > 0; left--) {
      if (this.#waitingSince[this.#firstWaiting]! > limit) return;
      const socket = this.#sockets[this.#waiting[this.#firstWaiting]!];
      this.#firstWaiting = (this.#firstWaiting + 1) % this.#waiting.length;
      this.#waitingCount -= 1;
      const batch = socket?.batch;
      if (socket === undefined || batch === undefined) continue;
      batch.waits = false;
      if (batch.count === 0) continue;
      if (batch.since > limit) this.#wait(batch);
      else socket.row.refuse(this.flush(socket));
    }
  }

  /** What came for whoever had the socket before is gone; false when it is not as a new one would be. */
  renew(socket: KernelSocket): boolean {
    const slab = this.#slab;
    for (let i = 0; i < LEFTOVERS; i++) {
      slab.expectSource();
      const { receive, receiveSize, sourceAddress, sourceLength } = slab;
      const { fd } = socket;
      if (
        this.libc.recvfrom(fd, receive, receiveSize, RECEIVE_FLAGS, sourceAddress, sourceLength) < 0
      ) {
        return this.#cuts(socket, 0);
      }
    }
    return false;
  }

  close(socket: KernelSocket): void {
    if (this.#sockets[socket.slot] !== socket) return;
    this.#sockets[socket.slot] = undefined;
    socket.row.clear();
    this.lifeline.hold(socket.slot, 0);
    this.libc.close(socket.fd);
    this.#freeSlots.push(socket.slot);
  }

  /** One datagram a turn: epoll reports the socket again when there are more. */
  #read(slot: number, now: Instant): void {
    const at = slot * ROW_LENGTH;
    const fd = this.#rows.words[at + FD]!;
    // It may have been closed since the kernel reported it.
    if (fd === 0) return;
    const slab = this.#slab;
    slab.expectSource();
    const length = this.libc.recvfrom(
      fd,
      slab.receive,
      slab.receiveSize,
      RECEIVE_FLAGS,
      slab.sourceAddress,
      slab.sourceLength,
    );
    if (length < 0 || this.#path.carry(at, length, now)) return;
    const socket = this.#sockets[slot]!;
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
    this.#makeRoom(fd, RECEIVE_BUFFER);
    this.#slab.setDestination(local);
    const bound = libc.bind(fd, this.#slab.destination, v6 ? SOCKADDR_IN6 : SOCKADDR_IN);
    if (bound === 0 && this.#watch(fd, slot) === 0) return fd;
    const refusal = libc.errorName();
    libc.close(fd);
    return refusal;
  }

  /** For datagrams that wait to be read, in octets; the kernel has its own least and most. */
  #makeRoom(fd: number, octets: number): void {
    if (this.#option(fd, SOL_SOCKET, SO_RCVBUFFORCE, octets) < 0) {
      this.#option(fd, SOL_SOCKET, SO_RCVBUF, octets);
    }
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
  batch: Batch | undefined;
  /** Where what may wait went last. */
  to: SocketAddress | undefined;
  /** Octets that the kernel cuts what is sent into; 0: as it is. */
  segment = 0;
  /** Not every way out can take a batch apart. */
  takesNoBatch = false;
  #listens = true;

  constructor(
    private readonly set: KernelSockets,
    readonly fd: number,
    readonly slot: number,
    readonly row: Row,
    local: SocketAddress,
    public sink: DatagramSink,
  ) {
    this.address = local.address;
    this.port = local.port;
    this.family = local.family;
  }

  listen(on: boolean): void {
    if (on !== this.#listens && this.set.listen(this, on)) this.#listens = on;
  }

  renew(): boolean {
    this.to = undefined;
    this.takesNoBatch = false;
    this.batch?.clear();
    this.row.renew();
    return this.#listens && this.set.renew(this);
  }

  sendLater(bytes: Buffer, offset: number, length: number, to: SocketAddress): number {
    if (to.family !== this.family) return 1;
    return this.set.sendLater(this, bytes, offset, length, to);
  }

  flush(): number {
    return this.set.flush(this);
  }

  send(bytes: Buffer, offset: number, length: number, to: SocketAddress): boolean {
    return to.family === this.family && this.set.send(this, bytes, offset, length, to);
  }

  /** What was sent is the kernel's. */
  drained(done: () => void): void {
    done();
  }

  close(): void {
    this.set.close(this);
  }
}
