import { release } from 'node:os';
import type { Micros } from '../../core';
import { copyOctets, steady } from '../octets';
import { ADDRESS_WORDS, type AddressWords, type SocketAddress } from './address';
import { type Carrier, type CarrierOf, type OnRefused, WAKE } from './carrier';
import { IoUring, type Mapping, REQUEST, REQUESTS, wakesForMany } from './io-uring';
import { highWord, type Libc, lowWord, SEND_FLAGS, SOCKADDR_IN6, SPAN, sockaddrSize } from './libc';
import { LINES, nextLine } from './slab';

/** For what is received and not yet done with, a power of two: few, so that they stay in the processor's cache. */
const BUFFERS = 128;
/** What the kernel writes before the payload: struct io_uring_recvmsg_out, and the source. */
const SOURCE_AT = 16;
const SOURCE_ROOM = SOCKADDR_IN6;
const PAYLOAD_AT = SOURCE_AT + SOURCE_ROOM;
/**
 * The largest UDP datagram fits, so that none is ever cut; memory that is not used is never touched. Not a multiple of a page: the
 * beginnings of all would lie in the same sets of the processor's cache.
 */
const BUFFER = 64 * 1024 + 64;
const STAGING = BUFFERS * BUFFER;
/** Requests that wait for the end of a look at most: the first of them is not to wait for long. */
const TOGETHER = 8;
/** For the octets of what is sent from elsewhere until it is handed over. */
const STAGING_SIZE = 256 * 1024;
const DESTINATIONS = STAGING + STAGING_SIZE;
const DESTINATION = 32;
const HEADER = DESTINATIONS + DESTINATION * REQUESTS;
/** struct msghdr. */
const HEADER_SIZE = 64;
const OWN = HEADER + HEADER_SIZE;

const OP_POLL_ADD = 6;
const OP_RECVMSG = 10;
const OP_ASYNC_CANCEL = 14;
const OP_SEND = 26;
const BUFFER_SELECT = 1 << 5;
/** Of OP_ASYNC_CANCEL: all there are, whatever they are. */
const ALL_AND_ANY = (1 << 0) | (1 << 2);
const SKIP_SUCCESS = 1 << 6;
const RECV_MULTISHOT = 1 << 1;
const POLL_MULTISHOT = 1;
const POLLIN = 1;

const RECEIVE = OP_RECVMSG | (BUFFER_SELECT << 8) | (RECV_MULTISHOT << 16);
const SEND = OP_SEND | (SKIP_SUCCESS << 8);
const CANCEL = OP_ASYNC_CANCEL | (SKIP_SUCCESS << 8);

const HAS_BUFFER = 1 << 0;
const MORE = 1 << 1;

// The second word of a request's data: what kind it is. The first is the slot.
const RECEIVED = 0;
const WOKEN = 1;
const CANCELLED = 2;
/** Which has behind it which request it was, and how many octets each datagram had. */
const SENT = 3;
const KIND = 0xff;
const REQUEST_SHIFT = 8;
const EACH_SHIFT = 16;

const { words: WORDS, what: WHAT, fd: FD, address2: ADDRESS2, address: ADDRESS } = REQUEST;
const { length: LENGTH, flags: FLAGS, data: DATA } = REQUEST;
const { bufferGroup: GROUP, addressLength: ADDRESS_LENGTH } = REQUEST;

/** For how long it sleeps at most where the kernel would wake it for each. */
const NAP: Micros = 1_000;

/** Words of what is at hand: slot, buffer, length, owner; a wake-up has no buffer. */
const ENTRY = 4;
const NO_BUFFER = -1;

/** What was to be sent and was not. */
interface Refusal {
  readonly slot: number;
  readonly bytes: Buffer;
  /** Octets of each datagram of a batch; 0: it was none. */
  readonly each: number;
  readonly error: string;
}

/**
 * Carries datagrams by io_uring (Linux 6.1, where it is not forbidden). Every socket has one standing request that
 * receives whatever comes into buffers that all have in common; what is sent is written into the ring and handed over when a look
 * is over, or when there is no more room.
 */
export class RingCarrier implements Carrier {
  readonly bytes: Buffer;
  readonly room: number;
  readonly patience: Micros;
  slot = 0;
  at = 0;
  length = 0;
  source: AddressWords;
  readonly #ring: IoUring;
  readonly #words: Int32Array;
  readonly #requests: Int32Array;
  /** Where the memory lies: it does not cross a border of 4 GiB. */
  readonly #low: number;
  readonly #high: number;
  /** Of each buffer. */
  readonly #sources: AddressWords[] = [];
  #staged = 0;
  readonly #refusals: Refusal[] = [];
  #telling = false;

  /** What was received and not yet looked at: a ring. */
  readonly #entries = new Int32Array(ENTRY * 2 * BUFFERS);
  #first = 0;
  #count = 0;
  /** The buffer of the datagram at hand, and those that are done with. */
  #buffer = NO_BUFFER;
  readonly #spent = new Int32Array(BUFFERS);
  #spentCount = 0;
  /** Of them, those that nothing is queued out of. */
  #handed = 0;
  #free = BUFFERS;

  /** By slot: the socket that is to be received from, 0: none; whether the kernel does; and how often it was made anew. */
  readonly #wanted: Int32Array;
  readonly #armed: Uint8Array;
  #armedCount = 0;
  readonly #owner: Int32Array;
  /** Slots to be armed again, the first first: a ring in which each is once. */
  readonly #starved: Int32Array;
  readonly #isStarved: Uint8Array;
  #firstStarved = 0;
  #starvedCount = 0;
  #eventfd = 0;

  /** Throws, with the reason, where the kernel has no rings for us. */
  static readonly on: CarrierOf = (libc, slots, room, onRefused) =>
    new RingCarrier(libc, slots, room, onRefused, !wakesForMany(release()));

  /** As on Linux 6.1 to 6.6: it sleeps while they gather. */
  static readonly napping: CarrierOf = (libc, slots, room, onRefused) =>
    new RingCarrier(libc, slots, room, onRefused, true);

  private constructor(
    private readonly libc: Libc,
    slots: number,
    room: number,
    private readonly onRefused: OnRefused,
    private readonly naps: boolean,
  ) {
    this.patience = naps ? NAP : Number.POSITIVE_INFINITY;
    this.#ring = IoUring.open(libc, BUFFERS);
    this.#requests = this.#ring.requests;
    this.#wanted = new Int32Array(slots);
    this.#armed = new Uint8Array(slots);
    this.#owner = new Int32Array(slots);
    this.#starved = new Int32Array(slots);
    this.#isStarved = new Uint8Array(slots);
    this.bytes = memory(libc, OWN + LINES + room);
    const base = libc.addressOf(this.bytes);
    this.room = nextLine(base, OWN);
    this.#low = lowWord(base);
    this.#high = highWord(base);
    this.#words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, OWN / 4);
    for (let i = 0; i < BUFFERS; i++) {
      const at = (i * BUFFER + SOURCE_AT) / 4;
      this.#sources.push(this.#words.subarray(at, at + ADDRESS_WORDS));
    }
    this.source = this.#sources[0]!;
    this.bytes.fill(0, HEADER, OWN);
    this.bytes.writeUInt32LE(SOURCE_ROOM, HEADER + 8);
    for (let i = 0; i < BUFFERS; i++) this.#provide(i);
    this.#ring.provided();
  }

  get mappings(): readonly Mapping[] {
    return this.#ring.mappings;
  }

  get fd(): number {
    return this.#ring.fd;
  }

  get sourceHead(): number {
    return this.source[0]!;
  }

  get sourceHost(): number {
    return this.source[1]!;
  }

  wakeBy(eventfd: number): void {
    this.#eventfd = eventfd;
    this.#ask(OP_POLL_ADD, eventfd, 0, 0, POLL_MULTISHOT, POLLIN, 0, WOKEN);
  }

  watch(slot: number, fd: number): boolean {
    this.#wanted[slot] = fd;
    this.#starve(slot);
    this.#feed(1);
    return true;
  }

  unwatch(slot: number, _fd: number): boolean {
    this.#wanted[slot] = 0;
    this.forget(slot);
    this.settle();
    while (this.#armed[slot] === 1) this.#cancel(slot, 0, slot);
    return true;
  }

  forget(slot: number): void {
    this.#look(0, 0);
    this.#owner[slot] = this.#owner[slot]! + 1;
  }

  /**
   * One call into the kernel for all. Buffers that are still sent from are kept back: a request among those queued may receive,
   * and what is refused is read when all is done.
   */
  wait(longest: Micros, enough: number): boolean {
    if (this.#ring.queued === 0) this.#handed = this.#spentCount;
    else if (this.#free + this.#handed === 0) this.handOver();
    this.#recycle();
    this.#tell();
    this.#feed(this.#free);
    let before = this.#count;
    const naps = this.naps && enough > 1;
    if (naps && before === 0 && longest > 0) {
      this.settle();
      this.libc.usleep(longest);
    }
    this.#look(naps || before > 0 ? 0 : longest, Math.min(enough, this.#free));
    // The kernel does no more than so much of what has come each time it is asked: 20 from Linux 6.13 on.
    while (this.#count > before && this.#free > 0) {
      before = this.#count;
      this.#look(0, 0);
    }
    return this.#free === 0;
  }

  next(): boolean {
    const entries = this.#entries;
    for (;;) {
      this.#spend(this.#buffer);
      this.#buffer = NO_BUFFER;
      if (this.#ring.queued >= TOGETHER) this.handOver();
      if (this.#count === 0) return false;
      const at = this.#first;
      this.#first = (at + ENTRY) & (entries.length - 1);
      this.#count -= 1;
      const slot = entries[at]!;
      const buffer = entries[at + 1]!;
      this.slot = slot;
      if (slot === WAKE) return true;
      this.#buffer = buffer;
      if (entries[at + 3] !== this.#owner[slot]) continue;
      this.at = buffer * BUFFER + PAYLOAD_AT;
      this.length = entries[at + 2]!;
      this.source = this.#sources[buffer]!;
      return true;
    }
  }

  send(
    slot: number,
    fd: number,
    bytes: Buffer,
    offset: number,
    length: number,
    to: SocketAddress,
  ): void {
    if (this.#ring.room === 0 || this.#staged + length > STAGING_SIZE) this.handOver();
    const at = STAGING + this.#staged;
    this.#staged += (length + 7) & ~7;
    copyOctets(bytes, offset, this.bytes, at, length);
    const request = this.#ring.next();
    const destination = DESTINATIONS + DESTINATION * request;
    this.#words.set(to.words, destination / 4);
    this.#send(request, slot, fd, at, length, 0, destination, sockaddrSize(to.family));
  }

  relay(
    slot: number,
    fd: number,
    at: number,
    length: number,
    each: number,
    to: number,
    toLength: number,
  ): void {
    if (this.#ring.room === 0) this.handOver();
    this.#send(this.#ring.next(), slot, fd, at, length, each, to, toLength);
  }

  get turn(): number {
    return this.#ring.turn;
  }

  settle(): void {
    do {
      this.handOver();
      this.#recycle();
      this.#tell();
    } while (this.#ring.queued > 0);
  }

  /** All that was asked is the kernel's; what it has refused of it is noted, to be told when nobody is in the middle of sending. */
  handOver(): void {
    this.#ring.submit();
    this.#handed = this.#spentCount;
    this.#collect();
    this.#staged = 0;
  }

  /** What is told may have something sent in another way, which may be refused as well. */
  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let refusal = this.#refusals.shift(); refusal; refusal = this.#refusals.shift()) {
        const { slot, bytes, each, error } = refusal;
        this.onRefused(slot, bytes, 0, bytes.length, each, error);
      }
    } finally {
      this.#telling = false;
    }
  }

  close(): void {
    this.#wanted.fill(0);
    this.#eventfd = 0;
    this.settle();
    while (this.#armedCount > 0) this.#cancel(0, ALL_AND_ANY, 0);
  }

  #cancel(low: number, flags: number, data: number): void {
    this.#ask(CANCEL, -1, low, RECEIVED, 0, flags, data, CANCELLED);
    this.#look(0, 0);
    this.#recycle();
  }

  /** Gives the kernel back what is done with. */
  #recycle(): void {
    const handed = this.#handed;
    if (handed === 0) return;
    for (let i = 0; i < handed; i++) this.#provide(this.#spent[i]!);
    this.#spent.copyWithin(0, handed, this.#spentCount);
    this.#spentCount -= handed;
    this.#free += handed;
    this.#handed = 0;
    this.#ring.provided();
  }

  #send(
    request: number,
    slot: number,
    fd: number,
    at: number,
    length: number,
    each: number,
    to: number,
    toLength: number,
  ): void {
    const requests = this.#requests;
    const word = WORDS * request;
    requests[word + WHAT] = SEND;
    requests[word + FD] = fd;
    requests[word + ADDRESS2] = (this.#low + to) | 0;
    requests[word + ADDRESS2 + 1] = this.#high;
    requests[word + ADDRESS] = (this.#low + at) | 0;
    requests[word + ADDRESS + 1] = this.#high;
    requests[word + LENGTH] = length;
    requests[word + FLAGS] = SEND_FLAGS;
    requests[word + DATA] = slot;
    requests[word + DATA + 1] = SENT | (request << REQUEST_SHIFT) | (each << EACH_SHIFT);
    requests[word + GROUP] = 0;
    requests[word + ADDRESS_LENGTH] = toLength;
  }

  #ask(
    what: number,
    fd: number,
    low: number,
    high: number,
    length: number,
    flags: number,
    data: number,
    kind: number,
  ): void {
    if (this.#ring.room === 0) this.handOver();
    const requests = this.#requests;
    const word = WORDS * this.#ring.next();
    requests.fill(0, word, word + WORDS);
    requests[word + WHAT] = what;
    requests[word + FD] = fd;
    requests[word + ADDRESS] = low;
    requests[word + ADDRESS + 1] = high;
    requests[word + LENGTH] = length;
    requests[word + FLAGS] = flags;
    requests[word + DATA] = data;
    requests[word + DATA + 1] = kind;
  }

  #look(longest: Micros, enough: number): void {
    this.#ring.look(longest, enough);
    this.#collect();
    if (this.#ring.queued > 0) return;
    this.#staged = 0;
    this.#handed = this.#spentCount;
  }

  /** Takes the kernel's answers: what was received is put at hand, what was refused is noted. */
  #collect(): void {
    const ring = this.#ring;
    while (ring.take()) {
      const { data, tag, result, flags } = ring;
      if (tag === RECEIVED) this.#received(data, result, flags);
      else if ((tag & KIND) === SENT) this.#refused(data, tag, result);
      else if (tag === WOKEN) this.#woken(flags);
    }
  }

  #received(slot: number, result: number, flags: number): void {
    if ((flags & HAS_BUFFER) !== 0) {
      const buffer = flags >>> 16;
      this.#free -= 1;
      if (this.#wanted[slot] === 0) this.#spend(buffer);
      else this.#put(slot, buffer, Math.max(0, result - PAYLOAD_AT), this.#owner[slot]!);
    }
    if ((flags & MORE) !== 0) return;
    this.#armed[slot] = 0;
    this.#armedCount -= 1;
    if (this.#wanted[slot] !== 0) this.#starve(slot);
  }

  #woken(flags: number): void {
    this.#put(WAKE, NO_BUFFER, 0, 0);
    if ((flags & MORE) === 0 && this.#eventfd !== 0) this.wakeBy(this.#eventfd);
  }

  #put(slot: number, buffer: number, length: number, owner: number): void {
    const entries = this.#entries;
    const at = (this.#first + ENTRY * this.#count) & (entries.length - 1);
    entries[at] = slot;
    entries[at + 1] = buffer;
    entries[at + 2] = length;
    entries[at + 3] = owner;
    this.#count += 1;
  }

  #refused(slot: number, tag: number, result: number): void {
    const request = (tag >>> REQUEST_SHIFT) & (REQUESTS - 1);
    const each = tag >>> EACH_SHIFT;
    const word = WORDS * request;
    const at = (this.#requests[word + ADDRESS]! - this.#low) >>> 0;
    const length = this.#requests[word + LENGTH]!;
    const bytes = Buffer.from(this.bytes.subarray(at, at + length));
    const error = this.libc.nameOfError(-result);
    this.#refusals.push({ slot, bytes, each, error });
  }

  #starve(slot: number): void {
    if (this.#isStarved[slot] === 1) return;
    const starved = this.#starved;
    this.#isStarved[slot] = 1;
    starved[(this.#firstStarved + this.#starvedCount) % starved.length] = slot;
    this.#starvedCount += 1;
  }

  /** Has the kernel receive again for so many at most that it had no buffers for. */
  #feed(most: number): void {
    const starved = this.#starved;
    for (let left = most; left > 0 && this.#starvedCount > 0; left--) {
      const slot = starved[this.#firstStarved]!;
      this.#firstStarved = (this.#firstStarved + 1) % starved.length;
      this.#starvedCount -= 1;
      this.#isStarved[slot] = 0;
      const fd = this.#wanted[slot]!;
      if (fd === 0 || this.#armed[slot] === 1) continue;
      this.#armed[slot] = 1;
      this.#armedCount += 1;
      this.#ask(RECEIVE, fd, (this.#low + HEADER) | 0, this.#high, 1, 0, slot, RECEIVED);
    }
  }

  #spend(buffer: number): void {
    if (buffer === NO_BUFFER) return;
    this.#spent[this.#spentCount] = buffer;
    this.#spentCount += 1;
  }

  #provide(buffer: number): void {
    this.#ring.provide(buffer, (this.#low + buffer * BUFFER) | 0, this.#high, BUFFER);
  }
}

/** Outside the collector's heap, never touched before it is used, and within one span of 4 GiB. */
function memory(libc: Libc, size: number): Buffer {
  for (;;) {
    const bytes = Buffer.allocUnsafeSlow(size);
    const at = libc.addressOf(bytes);
    if (at % SPAN <= SPAN - size) return steady(bytes, BUFFER);
  }
}
