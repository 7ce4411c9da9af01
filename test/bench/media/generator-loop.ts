/**
 * The load: N calls of two parties and a recorder, in a thread that does nothing else. When each packet
 * was sent is kept here by stream and sequence number; when one arrived is the kernel's word, so that a
 * load that is late itself makes nobody look slow.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type * as Srtp from '../../../src/media/srtp';
import { Histogram } from './histogram';
import { MessageArray, SOCKADDR_IN } from './message-array';
import { type LoadPorts, PARTY_SOCKETS, partySocket, RECORDER_SOCKETS } from './plan';
import { product } from './product';
import { SRTP, TAG } from './srtp-keys';
import {
  AF_INET,
  Arena,
  CLOCK_REALTIME,
  loadSystem,
  MSG_DONTWAIT,
  PR_SET_TIMERSLACK,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_TIMESTAMPNS,
  SOCK_DGRAM_NONBLOCK,
  SOL_SOCKET,
} from './system';

/** 20 ms of G.711 with its RTP header. */
const PACKET = 172;
const FRAME_MS = 20;
/** Sequence numbers whose time of sending is remembered: 2.5 s. */
const REMEMBERED = 128;
const BATCH = 64;
const ROOM = 256;
/** A cmsghdr and a timespec. */
const CONTROL_ROOM = 32;
const RECEIVE_BUFFER = 64 * 1024 * 1024;
/** Between looks. */
const NAP_US = 50;
/** Looks for orders once in so many looks. */
const LOOKS = 64;
/** After stopping, what is under way still counts. */
const DRAIN_MS = 500;

export interface GeneratorBirth {
  readonly calls: number;
  /** Callees speak SRTP. */
  readonly srtp: boolean;
}

export type ToGenerator =
  /** Where each call's parties send to: a, then b. */
  | { readonly kind: 'start'; readonly targets: ReadonlyArray<readonly [number, number]> }
  /** What is sent from now on counts. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'stop' };

/** Of the packets sent between `reset` and `stop`. */
export interface GeneratorResult {
  readonly sent: number;
  readonly partiesGot: number;
  readonly recordersGot: number;
  /** Microseconds from the load's sending to the arrival at its socket. */
  readonly delay: ReturnType<Histogram['summary']>;
  readonly recorderDelay: ReturnType<Histogram['summary']>;
  /** How late the load itself was, in microseconds: it must not be what gives out first. */
  readonly late: ReturnType<Histogram['summary']>;
}

class Load {
  readonly #system = loadSystem();
  readonly #streams: number;
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #outgoing: MessageArray;
  readonly #incoming: MessageArray;
  readonly #packets: number[] = [];
  readonly #sealed: number[] = [];
  readonly #firstSealed: number;
  readonly #srtp: { sender: Srtp.SrtpSender; bytes: Buffer; from: number } | undefined;
  readonly #targets: number[] = [];
  readonly #rooms: number[] = [];
  readonly #controls: number[] = [];
  readonly #time: number;
  readonly #option: number;
  readonly #parties: number[];
  readonly #recorders: number[];
  /** First stream of each party's socket, and the end. */
  readonly #firstOf: number[] = [];

  readonly #sentAt: Float64Array;
  readonly #sequences: Uint16Array;
  readonly #delay = new Histogram();
  readonly #recorderDelay = new Histogram();
  readonly #late = new Histogram();
  #sent = 0;
  #partiesGot = 0;
  #recordersGot = 0;
  /** Only what was sent after this counts. */
  #epoch = Number.POSITIVE_INFINITY;
  #stopAt = Number.POSITIVE_INFINITY;

  #begun = 0;
  #cursor = 0;
  #sending = false;

  constructor({ calls, srtp }: GeneratorBirth) {
    this.#streams = 2 * calls;
    this.#firstSealed = srtp ? calls : this.#streams;
    const perStream = 256 + 256 + 64 + MessageArray.sizeFor(1);
    const perRoom = ROOM + 64 + MessageArray.sizeFor(1);
    this.#arena = new Arena(this.#streams * perStream + BATCH * perRoom + 4096);
    this.#bytes = this.#arena.bytes;
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#time = this.#arena.take(16);
    this.#option = this.#arena.take(16);
    this.#outgoing = new MessageArray(this.#arena, this.#streams);
    this.#incoming = new MessageArray(this.#arena, BATCH);
    this.#sentAt = new Float64Array(this.#streams * REMEMBERED);
    this.#sequences = new Uint16Array(this.#streams);
    if (srtp) {
      const { loadKit, SEALED_AT, SrtpSender } = product<typeof Srtp>('media/srtp');
      const kit = loadKit();
      this.#srtp = { sender: new SrtpSender(kit, SRTP.send), bytes: kit.bytes, from: SEALED_AT };
    }
    for (let stream = 0; stream < this.#streams; stream++) this.#prepareStream(stream);
    for (let i = 0; i < BATCH; i++) this.#prepareRoom(i);
    for (let i = 0; i <= PARTY_SOCKETS; i++) {
      let first = 0;
      while (first < this.#streams && partySocket(first, calls) < i) first += 1;
      this.#firstOf.push(first);
    }
    this.#parties = Array.from({ length: PARTY_SOCKETS }, () => this.#open());
    this.#recorders = Array.from({ length: RECORDER_SOCKETS }, () => this.#open());
    this.#system.prctl(PR_SET_TIMERSLACK, 1_000, 0, 0, 0);
  }

  get ports(): LoadPorts {
    const port = (socket: number): number => this.#portOf(socket);
    return { parties: this.#parties.map(port), recorders: this.#recorders.map(port) };
  }

  start(targets: ReadonlyArray<readonly [number, number]>): void {
    const calls = targets.length;
    targets.forEach(([a, b], call) => {
      this.#bytes.writeUInt16BE(a, this.#targets[call]! + 2);
      this.#bytes.writeUInt16BE(b, this.#targets[calls + call]! + 2);
    });
    this.#sending = true;
    this.#begun = this.#now();
    this.#cursor = 0;
  }

  reset(): void {
    this.#epoch = this.#now();
    this.#late.clear();
  }

  stop(): void {
    this.#sending = false;
    this.#stopAt = this.#now() + DRAIN_MS;
  }

  /** Moves datagrams; `look` is called now and then. */
  run(look: () => void): GeneratorResult {
    for (let i = 0; ; i++) {
      const now = this.#now();
      if (this.#sending) this.#sendDue(now);
      for (const socket of this.#parties) this.#receive(socket, true);
      for (const socket of this.#recorders) this.#receive(socket, false);
      if (i % LOOKS === 0) look();
      if (now > this.#stopAt) break;
      this.#system.usleep(NAP_US);
    }
    return {
      sent: this.#sent,
      partiesGot: this.#partiesGot,
      recordersGot: this.#recordersGot,
      delay: this.#delay.summary(),
      recorderDelay: this.#recorderDelay.summary(),
      late: this.#late.summary(),
    };
  }

  /** Streams are spread evenly over the frame, and every one has a packet in each. */
  #sendDue(now: number): void {
    const rate = this.#streams / FRAME_MS;
    const due = Math.floor((now - this.#begun) * rate);
    while (this.#cursor < due) {
      const first = this.#cursor % this.#streams;
      let socket = 0;
      while (this.#firstOf[socket + 1]! <= first) socket += 1;
      const count = Math.min(due - this.#cursor, this.#firstOf[socket + 1]! - first, BATCH);
      const counts = now >= this.#epoch;
      for (let stream = first; stream < first + count; stream++) {
        const at = this.#packets[stream]!;
        const sequence = (this.#sequences[stream]! + 1) & 0xffff;
        this.#sequences[stream] = sequence;
        this.#bytes[at + 2] = sequence >> 8;
        this.#bytes[at + 3] = sequence & 0xff;
        this.#bytes.writeInt32BE((sequence * 160) | 0, at + 4);
        if (stream >= this.#firstSealed) this.#seal(stream, at);
        this.#sentAt[stream * REMEMBERED + (sequence % REMEMBERED)] = now;
        if (counts)
          this.#late.add((now - this.#begun - (this.#cursor + stream - first) / rate) * 1000);
      }
      this.#sendAll(this.#parties[socket]!, first, count);
      this.#cursor += count;
      if (counts) this.#sent += count;
    }
  }

  #seal(stream: number, at: number): void {
    const { sender, bytes, from } = this.#srtp!;
    const length = sender.protectRtp(this.#bytes, at, PACKET);
    bytes.copy(this.#bytes, this.#sealed[stream]!, from, from + length);
  }

  #sendAll(socket: number, first: number, count: number): void {
    for (let done = 0; done < count; ) {
      const sent = this.#system.sendmmsg(
        socket,
        this.#outgoing.address(first + done),
        count - done,
        0,
      );
      if (sent <= 0) throw new Error(`sendmmsg: errno ${this.#system.errno()}`);
      done += sent;
    }
  }

  #receive(socket: number, atParty: boolean): void {
    let count: number;
    do {
      for (let i = 0; i < BATCH; i++) this.#incoming.giveControlRoom(i, CONTROL_ROOM);
      const incoming = this.#incoming.address(0);
      count = this.#system.recvmmsg(socket, incoming, BATCH, MSG_DONTWAIT, 0);
      for (let i = 0; i < count; i++) {
        if (this.#incoming.received(i) >= PACKET) this.#take(i, atParty);
      }
    } while (count === BATCH);
  }

  #take(i: number, atParty: boolean): void {
    const at = this.#rooms[i]!;
    const bytes = this.#bytes;
    const stream = bytes.readUInt32BE(at + 8) - 1;
    if (stream < 0 || stream >= this.#streams) return;
    const sequence = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const sentAt = this.#sentAt[stream * REMEMBERED + (sequence % REMEMBERED)]!;
    if (!(sentAt >= this.#epoch)) return;
    const us = (this.#timeAt(this.#controls[i]! + 16) - sentAt) * 1000;
    if (atParty) {
      this.#partiesGot += 1;
      this.#delay.add(us);
    } else {
      this.#recordersGot += 1;
      this.#recorderDelay.add(us);
    }
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

  #prepareStream(stream: number): void {
    const packet = this.#arena.take(PACKET);
    this.#bytes.fill(0x55, packet, packet + PACKET);
    this.#bytes[packet] = 0x80;
    this.#bytes[packet + 1] = 0;
    this.#bytes.writeUInt32BE(stream + 1, packet + 8);
    const sealed = this.#arena.take(PACKET + TAG);
    const target = this.#sockaddr(0);
    if (stream >= this.#firstSealed) this.#outgoing.carry(stream, sealed, PACKET + TAG);
    else this.#outgoing.carry(stream, packet, PACKET);
    this.#sealed.push(sealed);
    this.#outgoing.goTo(stream, target);
    this.#packets.push(packet);
    this.#targets.push(target);
  }

  #prepareRoom(i: number): void {
    const room = this.#arena.take(ROOM);
    const control = this.#arena.take(CONTROL_ROOM);
    this.#incoming.carry(i, room, ROOM);
    this.#incoming.control(i, control);
    this.#rooms.push(room);
    this.#controls.push(control);
  }

  #sockaddr(port: number): number {
    const at = this.#arena.take(SOCKADDR_IN);
    this.#bytes.writeUInt16LE(AF_INET, at);
    this.#bytes.writeUInt16BE(port, at + 2);
    this.#bytes.set([127, 0, 0, 1], at + 4);
    return at;
  }

  #open(): number {
    const fd = this.#system.socket(AF_INET, SOCK_DGRAM_NONBLOCK, 0);
    if (this.#set(fd, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0) this.#set(fd, SO_RCVBUF, RECEIVE_BUFFER);
    this.#set(fd, SO_TIMESTAMPNS, 1);
    this.#bytes.writeUInt16LE(AF_INET, this.#option);
    this.#bytes.writeUInt16BE(0, this.#option + 2);
    this.#bytes.set([127, 0, 0, 1], this.#option + 4);
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

  #set(fd: number, option: number, value: number): number {
    this.#bytes.writeInt32LE(value, this.#option);
    return this.#system.setsockopt(fd, SOL_SOCKET, option, this.#arena.base + this.#option, 4);
  }
}

function run(birth: GeneratorBirth): void {
  const port = parentPort!;
  const load = new Load(birth);
  const look = (): void => {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      const message = next.message as ToGenerator;
      if (message.kind === 'start') load.start(message.targets);
      else if (message.kind === 'reset') load.reset();
      else load.stop();
    }
  };
  port.postMessage(load.ports);
  port.postMessage(load.run(look));
}

run(workerData as GeneratorBirth);
