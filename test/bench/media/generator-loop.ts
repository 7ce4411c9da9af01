/**
 * The load: calls of two parties and a recorder, in a thread that does nothing else. It never sleeps on a socket: who
 * sends to it would have to wake it, and that is work on the sender's core. When a packet arrived is the kernel's word,
 * so that a load that is late itself makes nobody look slow.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type * as Srtp from '../../../src/media/srtp';
import { type Arrivals, moments } from './arrivals';
import { Histogram } from './histogram';
import { Ledger, PARTY, RECORDER, type Tally } from './ledger';
import { MessageArray, SOCKADDR_IN } from './message-array';
import {
  isCallees,
  type LoadPorts,
  neighbours,
  PARTY_SOCKETS,
  partySocket,
  RECORDER_SOCKETS,
  streamsOf,
} from './plan';
import { product } from './product';
import { SRTP } from './srtp-keys';
import { advance, countIn, PACKET, prepare, streamIn } from './stream-packet';
import {
  AF_INET,
  Arena,
  CLOCK_REALTIME,
  loadSystem,
  MSG_DONTWAIT,
  PR_SET_TIMERSLACK,
  SCHED_FIFO,
  SK_MEMINFO_DROPS,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_TIMESTAMPNS,
  SOCK_DGRAM_NONBLOCK,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
} from './system';

const FRAME_MS = 20;
const BATCH = 64;
/** For a datagram, or for a batch of them. */
const ROOM = 256;
const BATCH_ROOM = 2048;
/** A cmsghdr and a timespec, then a cmsghdr and an int. */
const CONTROL_ROOM = 56;
const TIME_AT = 16;
const EACH_HEADER_AT = 32;
const EACH_AT = 48;
const RECEIVE_BUFFER = 64 * 1024 * 1024;
/** From sending to sending. */
const NAP_US = 50;
/** From reading to reading: the buffers hold far more, and what came together is read together. */
const READ_EVERY_MS = 1;
/** From look to look for orders, and for RTCP. */
const LOOK_EVERY_MS = 20;
/** What was under way when the window closed still counts; what takes longer is lost. */
const DRAIN_MS = 500;

export interface GeneratorBirth {
  /** Calls there will be at the most. */
  readonly capacity: number;
  /** Callees speak SRTP. */
  readonly srtp: boolean;
  /** Parties press keys. */
  readonly digits: boolean;
  /** Recorders take batches whole: else the kernel cuts them for each, which on loopback is the sender's work. */
  readonly whole: boolean;
  readonly arrivals: Arrivals;
}

export type ToGenerator =
  /** Where the parties of further calls send to: a, then b. */
  | { readonly kind: 'calls'; readonly targets: ReadonlyArray<readonly [number, number]> }
  /** The first so many calls speak from now on, the others are silent. */
  | { readonly kind: 'speak'; readonly calls: number }
  /** What is sent from now on counts. */
  | { readonly kind: 'open' }
  /** What is sent from now on does not; answered with the result when all had time to arrive. */
  | { readonly kind: 'close' };

/** Of the packets sent between `open` and `close`. */
export interface GeneratorResult extends Tally {
  /** Packets that are the relay's own. */
  readonly added: number;
  /** How late the load itself was, in microseconds: it must not be what gives out first. */
  readonly late: ReturnType<Histogram['summary']>;
  /** Packets that found the load's own buffers full. */
  readonly drops: number;
}

class Load {
  readonly #system = loadSystem();
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #outgoing: MessageArray;
  readonly #incoming: MessageArray;
  readonly #packets: number[] = [];
  readonly #sealed: number[] = [];
  readonly #srtp: { sender: Srtp.SrtpSender; bytes: Buffer; from: number } | undefined;
  readonly #digits: boolean;
  readonly #arrivals: Arrivals;
  readonly #targets: number[] = [];
  readonly #rooms: number[] = [];
  readonly #controls: number[] = [];
  readonly #time: number;
  readonly #option: number;
  readonly #parties: number[];
  readonly #recorders: number[];
  readonly #rtcp: number;
  readonly #ledger: Ledger;
  readonly #late = new Histogram();
  #added = 0;
  #dropsBefore = 0;
  #known = 0;

  #streams = 0;
  #moments: Float64Array = new Float64Array(0);
  #begun = 0;
  #cursor = 0;
  #drained = Number.POSITIVE_INFINITY;

  constructor({ capacity, srtp, digits, whole, arrivals }: GeneratorBirth) {
    const streams = 2 * capacity;
    const perStream = 256 + 256 + 64 + MessageArray.sizeFor(1);
    const perRoom = BATCH_ROOM + 64 + MessageArray.sizeFor(1);
    this.#arena = new Arena(streams * perStream + BATCH * perRoom + 4096);
    this.#bytes = this.#arena.bytes;
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#time = this.#arena.take(16);
    this.#option = this.#arena.take(64);
    this.#outgoing = new MessageArray(this.#arena, streams);
    this.#incoming = new MessageArray(this.#arena, BATCH);
    this.#ledger = new Ledger(streams);
    this.#digits = digits;
    this.#arrivals = arrivals;
    if (srtp) {
      const { loadKit, SEALED_AT, SrtpSender } = product<typeof Srtp>('media/srtp');
      const kit = loadKit();
      this.#srtp = { sender: new SrtpSender(kit, SRTP.send), bytes: kit.bytes, from: SEALED_AT };
    }
    for (let stream = 0; stream < streams; stream++) this.#prepareStream(stream);
    for (let i = 0; i < BATCH; i++) this.#prepareRoom(i);
    this.#parties = Array.from({ length: PARTY_SOCKETS }, () => this.#open(RECEIVE_BUFFER));
    this.#recorders = Array.from({ length: RECORDER_SOCKETS }, () => this.#open(RECEIVE_BUFFER));
    this.#rtcp = this.#open(RECEIVE_BUFFER);
    if (whole) for (const fd of this.#recorders) this.#set(fd, SOL_UDP, UDP_GRO, 1);
    this.#system.prctl(PR_SET_TIMERSLACK, 1_000, 0, 0, 0);
    // Where it may: nothing else on its core then keeps it from being on time.
    this.#bytes.writeInt32LE(1, this.#option);
    this.#system.sched_setscheduler(0, SCHED_FIFO, this.#arena.base + this.#option);
  }

  get ports(): LoadPorts {
    const port = (socket: number): number => this.#portOf(socket);
    return {
      parties: this.#parties.map(port),
      recorders: this.#recorders.map(port),
      rtcp: port(this.#rtcp),
    };
  }

  /** Does as it is told until it is ended; `look` takes the orders. */
  run(look: () => void, onResult: (result: GeneratorResult) => void): never {
    let read = 0;
    let looked = 0;
    for (;;) {
      const now = this.#now();
      this.#sendDue(now);
      if (now - read >= READ_EVERY_MS) {
        read = now;
        for (const socket of this.#parties) this.#receive(socket, PARTY);
        for (const socket of this.#recorders) this.#receive(socket, RECORDER);
      }
      if (now - looked >= LOOK_EVERY_MS) {
        looked = now;
        this.#discard(this.#rtcp);
        look();
      }
      if (now > this.#drained) {
        this.#drained = Number.POSITIVE_INFINITY;
        onResult(this.#result());
      }
      this.#system.usleep(NAP_US);
    }
  }

  take(order: ToGenerator): void {
    switch (order.kind) {
      case 'calls':
        for (const [toA, toB] of order.targets) {
          const { a, b } = streamsOf(this.#known++);
          this.#bytes.writeUInt16BE(toA, this.#targets[a]! + 2);
          this.#bytes.writeUInt16BE(toB, this.#targets[b]! + 2);
        }
        break;
      case 'speak':
        this.#streams = 2 * order.calls;
        this.#moments = moments(this.#arrivals, this.#streams);
        this.#begun = this.#now();
        this.#cursor = 0;
        break;
      case 'open':
        this.#late.clear();
        this.#added = 0;
        this.#dropsBefore = this.#drops();
        this.#ledger.open(this.#now());
        break;
      case 'close':
        this.#ledger.close(this.#now());
        this.#drained = this.#now() + DRAIN_MS;
        break;
    }
  }

  #result(): GeneratorResult {
    return {
      ...this.#ledger.tally(),
      added: this.#added,
      late: this.#late.summary(),
      drops: this.#drops() - this.#dropsBefore,
    };
  }

  /** Every stream has a packet in each frame. */
  #sendDue(now: number): void {
    if (this.#streams === 0) return;
    const counts = this.#ledger.isOpen;
    while (this.#dueAt(this.#cursor) <= now) {
      const first = this.#cursor % this.#streams;
      const most = neighbours(first, this.#streams - first);
      let count = 0;
      for (; count < most; count++) {
        const due = this.#dueAt(this.#cursor + count);
        if (due > now) break;
        this.#advance(first + count, this.#ledger.send(first + count, now));
        if (counts) this.#late.add((now - due) * 1000);
      }
      this.#sendAll(this.#parties[partySocket(first)]!, first, count);
      this.#cursor += count;
    }
  }

  #dueAt(packet: number): number {
    const stream = packet % this.#streams;
    const frame = (packet - stream) / this.#streams;
    return this.#begun + (frame + this.#moments[stream]!) * FRAME_MS;
  }

  #advance(stream: number, count: number): void {
    const at = this.#packets[stream]!;
    const length = advance(this.#bytes, at, stream, count, this.#digits);
    if (this.#srtp === undefined || !isCallees(stream)) {
      if (this.#digits) this.#outgoing.resize(stream, length);
      return;
    }
    const { sender, bytes, from } = this.#srtp;
    const sealed = sender.protectRtp(this.#bytes, at, length);
    bytes.copy(this.#bytes, this.#sealed[stream]!, from, from + sealed);
    this.#outgoing.resize(stream, sealed);
  }

  #sendAll(socket: number, first: number, count: number): void {
    for (let done = 0; done < count; ) {
      const messages = this.#outgoing.address(first + done);
      const sent = this.#system.sendmmsg(socket, messages, count - done, 0);
      if (sent <= 0) throw new Error(`sendmmsg: errno ${this.#system.errno()}`);
      done += sent;
    }
  }

  #receive(socket: number, where: typeof PARTY | typeof RECORDER): void {
    let count: number;
    do {
      count = this.#read(socket);
      for (let i = 0; i < count; i++) this.#take(i, where);
    } while (count === BATCH);
  }

  #discard(socket: number): void {
    while (this.#read(socket) === BATCH);
  }

  #read(socket: number): number {
    for (let i = 0; i < BATCH; i++) this.#incoming.giveControlRoom(i, CONTROL_ROOM);
    return this.#system.recvmmsg(socket, this.#incoming.address(0), BATCH, MSG_DONTWAIT, 0);
  }

  #take(i: number, where: typeof PARTY | typeof RECORDER): void {
    const at = this.#rooms[i]!;
    const end = at + this.#incoming.received(i);
    const each = this.#eachOf(i);
    const time = this.#timeAt(this.#controls[i]! + TIME_AT);
    for (let one = at; one < end; one += each) {
      this.#count(one, Math.min(each, end - one), time, where);
    }
  }

  /** Octets of each datagram but the last that have been received as one; all, where they are one. */
  #eachOf(i: number): number {
    const control = this.#controls[i]!;
    if (this.#words[(control + EACH_HEADER_AT + 12) >> 2] !== UDP_GRO) return BATCH_ROOM;
    this.#words[(control + EACH_HEADER_AT + 12) >> 2] = 0;
    return this.#words[(control + EACH_AT) >> 2]!;
  }

  #count(at: number, length: number, time: number, where: typeof PARTY | typeof RECORDER): void {
    const count = countIn(this.#bytes, at, length);
    if (count < 0) {
      this.#added += 1;
      return;
    }
    const stream = streamIn(this.#bytes, at);
    if (stream < 0 || stream >= 2 * this.#known) return;
    this.#ledger.receive(stream, count, time, where);
  }

  #now(): number {
    this.#system.clock_gettime(CLOCK_REALTIME, this.#arena.base + this.#time);
    return this.#timeAt(this.#time);
  }

  /** A timespec in milliseconds. The upper half of its seconds stays zero for a while. */
  #timeAt(at: number): number {
    const word = at >> 2;
    return (this.#words[word]! >>> 0) * 1000 + this.#words[word + 2]! / 1e6;
  }

  /** By the kernel's counters; they are modulo 2^32. */
  #drops(): number {
    let drops = 0;
    const { base } = this.#arena;
    for (const fd of [...this.#parties, ...this.#recorders]) {
      this.#bytes.writeInt32LE(4 * (SK_MEMINFO_DROPS + 1), this.#time);
      const [value, length] = [base + this.#option, base + this.#time];
      this.#system.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, value, length);
      drops += this.#bytes.readUInt32LE(this.#option + 4 * SK_MEMINFO_DROPS);
    }
    return drops;
  }

  #prepareStream(stream: number): void {
    const packet = this.#arena.take(PACKET);
    const isSealed = this.#srtp !== undefined && isCallees(stream);
    const wire = isSealed ? this.#arena.take(ROOM) : packet;
    const target = this.#sockaddr(0);
    prepare(this.#bytes, packet, stream);
    this.#outgoing.carry(stream, wire, PACKET);
    this.#outgoing.goTo(stream, target);
    this.#packets.push(packet);
    this.#sealed.push(wire);
    this.#targets.push(target);
  }

  #prepareRoom(i: number): void {
    const room = this.#arena.take(BATCH_ROOM);
    const control = this.#arena.take(CONTROL_ROOM);
    this.#incoming.carry(i, room, BATCH_ROOM);
    this.#incoming.control(i, control);
    this.#rooms.push(room);
    this.#controls.push(control);
  }

  #sockaddr(port: number): number {
    const at = this.#arena.take(SOCKADDR_IN);
    this.#writeSockaddr(at, port);
    return at;
  }

  #writeSockaddr(at: number, port: number): void {
    this.#bytes.writeUInt16LE(AF_INET, at);
    this.#bytes.writeUInt16BE(port, at + 2);
    this.#bytes.set([127, 0, 0, 1], at + 4);
  }

  #open(receiveBuffer: number): number {
    const fd = this.#system.socket(AF_INET, SOCK_DGRAM_NONBLOCK, 0);
    if (this.#set(fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBuffer) < 0) {
      this.#set(fd, SOL_SOCKET, SO_RCVBUF, receiveBuffer);
    }
    this.#set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    this.#writeSockaddr(this.#option, 0);
    if (this.#system.bind(fd, this.#arena.base + this.#option, SOCKADDR_IN) < 0) {
      throw new Error(`bind: errno ${this.#system.errno()}`);
    }
    return fd;
  }

  #portOf(fd: number): number {
    this.#bytes.writeInt32LE(SOCKADDR_IN, this.#time);
    const { base } = this.#arena;
    this.#system.getsockname(fd, base + this.#option, base + this.#time);
    return this.#bytes.readUInt16BE(this.#option + 2);
  }

  #set(fd: number, level: number, option: number, value: number): number {
    this.#bytes.writeInt32LE(value, this.#option);
    return this.#system.setsockopt(fd, level, option, this.#arena.base + this.#option, 4);
  }
}

function run(birth: GeneratorBirth): void {
  const port = parentPort!;
  const load = new Load(birth);
  const look = (): void => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      load.take(next.message as ToGenerator);
    }
  };
  port.postMessage(load.ports);
  load.run(look, (result) => port.postMessage(result));
}

run(workerData as GeneratorBirth);
