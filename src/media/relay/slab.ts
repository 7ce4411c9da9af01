import { steady } from '../octets';
import { ADDRESS_WORDS, type AddressWords, type SocketAddress } from './address';
import { EPOLL_DATA_OFFSET, EPOLL_EVENT_SIZE, type Libc, SOCKADDR_IN } from './libc';

/** The largest UDP datagram fits, so that none is ever cut. */
const DATAGRAM = 64 * 1024;
/** Sockets looked at for each epoll_wait. */
export const MAX_EVENTS = 512;

const RECEIVE = 0;
const STAGING = RECEIVE + DATAGRAM;
const SOURCE = STAGING + DATAGRAM;
const SOURCE_LENGTH = SOURCE + 32;
const DESTINATION = SOURCE_LENGTH + 8;
const SCRATCH = DESTINATION + 32;
const TIME = SCRATCH + 32;
const EVENTS = TIME + 32;
const ROOM = EVENTS + MAX_EVENTS * EPOLL_EVENT_SIZE;

/** Memory that begins there begins with a line of the processor's cache, and the one that is fetched along with it. */
export const LINES = 128;

const SOURCE_ROOM = 4 * ADDRESS_WORDS;
const SOURCE_WORD = SOURCE / 4;
const SOURCE_LENGTH_WORD = SOURCE_LENGTH / 4;
const DESTINATION_WORD = DESTINATION / 4;
const SECONDS_WORD = TIME / 4;
const NANOSECONDS_WORD = TIME / 4 + 2;
const FIRST_SLOT_WORD = (EVENTS + EPOLL_DATA_OFFSET) / 4;
const EVENT_WORDS = EPOLL_EVENT_SIZE / 4;

/** The first place from `at` on, in memory at `base`, at which a line of the processor's cache begins. */
export function nextLine(base: number, at: number): number {
  return at + LINES - ((base + at) % LINES);
}

/**
 * The one block of memory through which a worker and the kernel talk, with the address of each part.
 * Its place never changes: it is outside the collector's heap.
 */
export class Slab {
  readonly bytes: Buffer;
  readonly #words: Int32Array;
  /** Whence the datagram in `receive` came. */
  readonly source: AddressWords;
  /** Where in `bytes` so much memory begins as was asked for. */
  readonly room: number;

  readonly receiveAt = RECEIVE;
  readonly receiveSize = DATAGRAM;
  readonly stagingAt = STAGING;

  // Numbers as large as an address are objects. These fields are undefined before they are numbers, so
  // that V8 keeps the object and passes it on; of a sum it would make a new one at every call.
  readonly base: number;
  readonly staging: number;
  readonly receive: number;
  readonly sourceAddress: number;
  readonly sourceLength: number;
  readonly destination: number;
  readonly scratch: number;
  readonly events: number;
  readonly time: number;

  constructor(libc: Libc, room = 0) {
    this.bytes = steady(Buffer.allocUnsafeSlow(ROOM + LINES + room).fill(0, 0, ROOM));
    this.#words = new Int32Array(this.bytes.buffer);
    this.source = this.#words.subarray(SOURCE / 4, SOURCE / 4 + ADDRESS_WORDS);
    this.base = libc.addressOf(this.bytes);
    this.room = nextLine(this.base, ROOM);
    this.receive = this.base + RECEIVE;
    this.staging = this.base + STAGING;
    this.sourceAddress = this.base + SOURCE;
    this.sourceLength = this.base + SOURCE_LENGTH;
    this.destination = this.base + DESTINATION;
    this.scratch = this.base + SCRATCH;
    this.events = this.base + EVENTS;
    this.time = this.base + TIME;
  }

  /** The kernel writes the length of what it wrote here: it must be told the room each time. */
  expectSource(): void {
    this.#words[SOURCE_LENGTH_WORD] = SOURCE_ROOM;
  }

  /** The first two words of `source`. */
  get sourceHead(): number {
    return this.#words[SOURCE_WORD]!;
  }

  get sourceHost(): number {
    return this.#words[SOURCE_WORD + 1]!;
  }

  /** Of the struct timespec in `time`; the upper half of its seconds stays zero for some years. */
  get seconds(): number {
    return this.#words[SECONDS_WORD]!;
  }

  get nanoseconds(): number {
    return this.#words[NANOSECONDS_WORD]!;
  }

  setDestination(to: SocketAddress): void {
    // What is kept in the address itself saves two looks elsewhere.
    if (to.family === 4) this.#setDestination4(to.head, to.host);
    else this.#words.set(to.words, DESTINATION_WORD);
  }

  /** As it stands elsewhere in this memory, a struct sockaddr of so many octets. */
  copyDestination(at: number, length: number): void {
    const words = this.#words;
    const word = at >> 2;
    if (length === SOCKADDR_IN) this.#setDestination4(words[word]!, words[word + 1]!);
    else words.copyWithin(DESTINATION_WORD, word, word + ADDRESS_WORDS);
  }

  #setDestination4(head: number, host: number): void {
    this.#words[DESTINATION_WORD] = head;
    this.#words[DESTINATION_WORD + 1] = host;
  }

  /** An int for setsockopt. */
  setScratch(value: number): void {
    this.#words[SCRATCH / 4] = value;
  }

  /** A struct epoll_event in the scratch part, its data the number of a slot. */
  setScratchEvent(events: number, slot: number): void {
    this.bytes.writeUInt32LE(events, SCRATCH);
    this.bytes.writeInt32LE(slot, SCRATCH + EPOLL_DATA_OFFSET);
  }

  /** The slot of the i-th event that epoll_wait reported. */
  eventSlot(i: number): number {
    return this.#words[FIRST_SLOT_WORD + i * EVENT_WORDS]!;
  }
}
