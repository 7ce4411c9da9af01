import type { Instant, Micros, Millis } from '../../core';
import { type SocketAddress, socketAddress } from './address';
import type { Agenda } from './agenda';
import { BATCH_PATIENCE, BATCH_SIZE, Batches } from './batches';
import { type Carrier, type CarrierOf, type OnRefused, WAKE } from './carrier';
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
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  type Libc,
  MSG_DONTWAIT,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SOL_UDP,
  sockaddrSize,
  UDP_SEGMENT,
} from './libc';
import type { Lifeline } from './lifeline';
import { Pace, type Pacing } from './pace';
import { ROW, ROW_SIZE, Row, Rows } from './row';
import { RowPath } from './row-path';
import { Slab } from './slab';

const ROW_LENGTH = ROW.length;
/** What is said where a batch cannot be taken apart on the way out. */
const UNABLE = ['EIO', 'EINVAL', 'EOPNOTSUPP', 'EMSGSIZE'];
/** Datagrams read at once that nobody is to hear; where there are more, they do not end. */
const LEFTOVERS = 4_096;
/** A worker that is to be terminated notices within this time, however little there is to do. */
const LONGEST_WAIT: Millis = 500;

/**
 * UDP as the kernel has it: one thread that blocks in it, one block of memory that every
 * datagram goes through, and nothing made for the collector on the way.
 */
export class KernelSockets implements SocketSet {
  readonly #slab: Slab;
  readonly #clock: KernelClock;
  readonly #carrier: Carrier;
  readonly #wakeFd: number;
  readonly #sockets: Array<KernelSocket | undefined> = [];
  readonly #rows: Rows;
  readonly #path: RowPath;
  readonly #freeSlots: number[] = [];
  readonly #batches: Batches;
  readonly #drops: DropCounter;
  #running = true;

  /** `onBug` hears of what a sink has thrown; the packet is lost, the others go on. */
  constructor(
    private readonly libc: Libc,
    private readonly lifeline: Lifeline,
    private readonly onBug: (error: unknown) => void,
    carrierOf: CarrierOf,
    private readonly pace: Pacing = new Pace(),
  ) {
    this.#slab = new Slab(libc);
    const { slots } = lifeline;
    const carrier = carrierOf(libc, slots, slots * (ROW_SIZE + BATCH_SIZE), this.#onRefused);
    this.#carrier = carrier;
    this.#drops = new DropCounter(libc);
    const { bytes, room } = carrier;
    this.#rows = new Rows(slots, bytes, room);
    this.#batches = new Batches(carrier, this.#rows, room + slots * ROW_SIZE, slots);
    this.#path = new RowPath(carrier, this.#rows, room, (row) =>
      this.#sendLater(row, bytes, carrier.at, carrier.length),
    );
    this.#clock = new KernelClock(libc, this.#slab);
    for (let slot = slots - 1; slot > 0; slot--) this.#freeSlots.push(slot);
    lifeline.hold(0, this.#carrier.fd);
    for (const [i, { address, length }] of this.#carrier.mappings.entries()) {
      lifeline.map(i, address, length);
    }
    this.#wakeFd = this.#must(libc.eventfd(0, EFD_NONBLOCK_CLOEXEC));
    lifeline.listen(this.#wakeFd);
    this.#carrier.wakeBy(this.#wakeFd);
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
    const carrier = this.#carrier;
    const { pace } = this;
    let full = false;
    let spent: Micros = 0;
    clock.read();
    while (this.#running) {
      const { enough } = pace;
      let longest = 1_000 * wait(agenda, clock.ms);
      if (this.#batches.areWaiting) longest = Math.min(longest, 1_000 * BATCH_PATIENCE);
      if (enough > 1) {
        const patience = Math.min(pace.patience, carrier.patience);
        longest = Math.min(longest, Math.max(0, patience - spent));
      }
      // Where more waits than could be taken, it has gathered long enough.
      if (full) longest = 0;
      full = carrier.wait(longest, enough);
      clock.read();
      const { ms: now, us } = clock;
      let ready = 0;
      for (; carrier.next(); ready++) {
        if (carrier.slot === WAKE) this.#wake(onWake);
        else this.#take(now);
      }
      clock.read();
      this.#batches.due(clock.ms - BATCH_PATIENCE, this.#sendBatch);
      if (agenda.isDue(clock.ms)) {
        // Before anybody changes where it goes.
        carrier.settle();
        agenda.run(clock.ms);
      }
      pace.after(ready, now, longest);
      spent = 1_000 * (clock.ms - now) + clock.us - us;
    }
  }

  stop(): void {
    this.#running = false;
  }

  /** After `run`: what is still open is control's to close. */
  end(): void {
    this.#carrier.close();
  }

  send(
    socket: KernelSocket,
    bytes: Buffer,
    offset: number,
    length: number,
    to: SocketAddress,
  ): void {
    this.#leaveWhole(socket, length);
    this.#carrier.send(socket.slot, socket.fd, bytes, offset, length, to);
  }

  sendLater(
    socket: KernelSocket,
    bytes: Buffer,
    offset: number,
    length: number,
    to: SocketAddress,
  ): void {
    const row = socket.row.at;
    if (this.#batches.destination(row) !== to) {
      // What is refused of a batch is sent singly to where the batches go.
      this.flush(socket);
      this.#batches.aim(row, to);
    }
    this.#sendLater(row, bytes, offset, length);
  }

  /** Whither the last went. */
  #sendLater(row: number, bytes: Buffer, offset: number, length: number): void {
    const batches = this.#batches;
    const fits = Batches.fits(length);
    if (!fits || !batches.takes(row, length)) this.#sendBatch(row);
    if (!fits)
      this.send(this.#sockets[row / ROW_LENGTH]!, bytes, offset, length, batches.destination(row)!);
    else if (batches.add(row, bytes, offset, length, this.#clock.ms)) this.#sendBatch(row);
  }

  /**
   * A socket that nobody waits for is not among those watched: else the kernel looks for whom to wake at every
   * datagram that has left it. What comes there finds hardly any room.
   */
  listen(socket: KernelSocket, on: boolean): boolean {
    const { fd, slot } = socket;
    this.#makeRoom(fd, on ? RECEIVE_BUFFER : 0);
    this.lifeline.forgive(slot, on ? this.#drops.of(fd) : undefined);
    return on ? this.#carrier.watch(slot, fd) : this.#carrier.unwatch(slot, fd);
  }

  /** Sends what waits in a socket's batch; what the system refuses of it is known when this returns. */
  flush(socket: KernelSocket): void {
    this.#sendBatch(socket.row.at);
    this.#carrier.settle();
  }

  /** Everything that was sent is the kernel's. */
  settle(): void {
    this.#carrier.settle();
  }

  readonly #sendBatch = (row: number): void => {
    const batches = this.#batches;
    const count = batches.count(row);
    if (count === 0) return;
    const socket = this.#sockets[row / ROW_LENGTH]!;
    const at = batches.at(row);
    const fill = batches.fill(row);
    const each = count === 1 ? 0 : batches.each(row);
    if (each === 0 ? this.#leaveWhole(socket, fill) : this.#cut(socket, each)) {
      const { slot, fd } = socket;
      const toLength = sockaddrSize(socket.family);
      this.#carrier.relay(slot, fd, at, fill, each, batches.destinationAt(row), toLength);
    } else {
      const { bytes } = this.#carrier;
      this.#onRefused(socket.slot, bytes, at, fill, each, this.libc.errorName());
    }
    batches.clear(row);
  };

  /** Has the kernel leave whole what is sent from a socket and has this length. */
  #leaveWhole(socket: KernelSocket, length: number): boolean {
    const segment = socket.row.get(ROW.segment);
    return segment === 0 || length <= segment || this.#cut(socket, 0);
  }

  /** Has the kernel cut what a socket sends into datagrams of this length; 0: it leaves them whole. */
  #cut(socket: KernelSocket, length: number): boolean {
    const { row, fd } = socket;
    if (length === row.get(ROW.segment)) return true;
    // What was sent before leaves as it was to.
    this.#carrier.settle();
    if (this.#option(fd, SOL_UDP, UDP_SEGMENT, length) < 0) return false;
    row.set(ROW.segment, length);
    return true;
  }

  readonly #onRefused: OnRefused = (slot, bytes, offset, length, each, error) => {
    const socket = this.#sockets[slot];
    if (socket === undefined) return;
    if (each === 0) {
      try {
        socket.sink.onRefused?.(bytes, offset, length);
      } catch (bug) {
        this.onBug(bug);
      }
      return;
    }
    // The kernel, or the way out, does not know how to take a batch apart. Some ways out refuse whatever comes from a
    // socket that has its datagrams cut.
    if (UNABLE.includes(error)) this.#batches.forbid(socket.row.at);
    this.#cut(socket, 0);
    const to = this.#batches.destination(socket.row.at)!;
    for (let at = 0; at < length; at += each) {
      this.send(socket, bytes, offset + at, Math.min(each, length - at), to);
    }
  };

  /** What came for whoever had the socket before is gone; false when it is not as a new one would be. */
  renew(socket: KernelSocket): boolean {
    const slab = this.#slab;
    // What was refused is its last owner's to hear.
    this.#carrier.settle();
    this.#carrier.forget(socket.slot);
    for (let i = 0; i < LEFTOVERS; i++) {
      slab.expectSource();
      const { receive, receiveSize, sourceAddress, sourceLength } = slab;
      const { fd } = socket;
      if (
        this.libc.recvfrom(fd, receive, receiveSize, MSG_DONTWAIT, sourceAddress, sourceLength) < 0
      ) {
        return this.#cut(socket, 0);
      }
    }
    return false;
  }

  close(socket: KernelSocket): void {
    if (this.#sockets[socket.slot] !== socket) return;
    this.#carrier.unwatch(socket.slot, socket.fd);
    this.#sockets[socket.slot] = undefined;
    socket.row.clear();
    this.lifeline.hold(socket.slot, 0);
    this.libc.close(socket.fd);
    this.#freeSlots.push(socket.slot);
  }

  #take(now: Instant): void {
    const carrier = this.#carrier;
    const { slot, length } = carrier;
    if (this.#path.carry(slot * ROW_LENGTH, now)) return;
    const socket = this.#sockets[slot]!;
    try {
      socket.sink.onDatagram(carrier.bytes, carrier.at, length, carrier.source, now);
    } catch (error) {
      this.onBug(error);
    }
  }

  #wake(onWake: () => void): void {
    // Before anybody changes where it goes.
    this.#carrier.settle();
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
    const bound = libc.bind(fd, this.#slab.destination, sockaddrSize(local.family));
    if (bound === 0 && this.#carrier.watch(slot, fd)) return fd;
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
    if (!this.#listens || !this.set.renew(this)) return false;
    this.row.renew();
    return true;
  }

  send(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    if (to.family === this.family) this.set.send(this, bytes, offset, length, to);
    else this.sink.onRefused?.(bytes, offset, length);
  }

  sendLater(bytes: Buffer, offset: number, length: number, to: SocketAddress): void {
    if (to.family === this.family) this.set.sendLater(this, bytes, offset, length, to);
    else this.sink.onRefused?.(bytes, offset, length);
  }

  flush(): void {
    this.set.flush(this);
  }

  drained(done: () => void): void {
    this.set.settle();
    done();
  }

  close(): void {
    this.set.close(this);
  }
}
