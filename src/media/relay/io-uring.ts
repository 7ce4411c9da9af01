import type { Micros } from '../../core';
import { steadyMemory } from '../octets';
import type { Libc } from './libc';

/** Requests that are handed over together at most. */
export const REQUESTS = 256;
/** Answers that wait at most; beyond it the kernel keeps them in lists of its own. */
const ANSWERS = 4_096;

/**
 * Whether a kernel of this release wakes who waits for many answers once, when so many sockets have something (Linux 6.7:
 * IOU_F_TWQ_LAZY_WAKE). One before it wakes them for each, to see that it is not yet enough.
 */
export function wakesForMany(release: string): boolean {
  const [major, minor] = release.split('.', 2).map(Number);
  return major! > 6 || (major === 6 && minor! >= 7);
}

/** Memory that a ring is alive for, whatever becomes of its file descriptor. */
export interface Mapping {
  readonly address: number;
  readonly length: number;
}

/** A request is handed over although the one before it failed. */
const SETUP_SUBMIT_ALL = 1 << 7;
const SETUP_CQSIZE = 1 << 3;
/** Only our thread asks, and what is received is received when it looks (Linux 6.1): no thread is woken in between. */
const SETUP_SINGLE_ISSUER = 1 << 12;
const SETUP_DEFER_TASKRUN = 1 << 13;
const SETUP = SETUP_CQSIZE | SETUP_SUBMIT_ALL | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN;
const REGISTER_PBUF_RING = 22;
/** Octets of a struct io_uring_buf_reg. */
const REGISTRATION = 40;
/** IORING_SQ_CQ_OVERFLOW. */
const ANSWERS_ELSEWHERE = 1 << 1;
const ENTER_GETEVENTS = 1 << 0;
const ENTER_EXT_ARG = 1 << 3;

const READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const AT_REQUEST_RING = 0;
const AT_ANSWER_RING = 0x8000000;
const AT_REQUESTS = 0x10000000;

// struct io_uring_params
const PARAMETERS = 120;
const REQUEST_OFFSETS = 40;
const ANSWER_OFFSETS = 80;

/** Words of a struct io_uring_sqe, and where its parts lie. */
export const REQUEST = {
  words: 16,
  /** Operation, flags and the operation's own flags (ioprio). */
  what: 0,
  fd: 1,
  /** Two words: a second address. */
  address2: 2,
  /** Two words. */
  address: 4,
  length: 6,
  flags: 7,
  /** Two words that the answer has as well. */
  data: 8,
  bufferGroup: 10,
  addressLength: 11,
} as const;

const ANSWER_WORDS = 4;
/** struct io_uring_buf, and the word of the first one whose upper half is the ring's tail. */
const BUFFER_WORDS = 4;
const BUFFER_TAIL_WORD = 3;

/**
 * A ring of requests to the kernel and a ring of its answers (io_uring(7)), in memory that both sides see: many
 * datagrams cross with one system call. Everything happens inside `enter`, in our thread, so that what is read and written
 * here needs no order of its own.
 */
export class IoUring {
  /** The requests, `REQUEST.words` each. */
  readonly requests: Int32Array;
  /** Of the answer at hand: the two words of the request, its result (negative: an errno) and flags. */
  data = 0;
  tag = 0;
  result = 0;
  flags = 0;

  readonly #requestRing: Int32Array;
  readonly #tailWord: number;
  readonly #flagsWord: number;
  #tail = 0;
  /** Written and not handed over. */
  #queued = 0;
  /** Another each time that all was handed over. */
  turn = 0;
  readonly #answerRing: Int32Array;
  readonly #answerHeadWord: number;
  readonly #answerTailWord: number;
  readonly #answersWord: number;
  readonly #timing = steadyMemory(48);
  readonly #timingWords = new Int32Array(this.#timing.buffer);
  // Undefined before it is a number, so that V8 keeps the object it is.
  readonly #argument: number;
  readonly #buffers: Int32Array;
  #bufferTail = 0;

  /**
   * With so many buffers to receive into, a power of two, which `provide` gives it. Throws, with the reason, where the kernel has no
   * such rings for us.
   */
  static open(libc: Libc, buffers: number): IoUring {
    const parameters = Buffer.alloc(PARAMETERS);
    parameters.writeUInt32LE(ANSWERS, 4);
    parameters.writeUInt32LE(SETUP, 8);
    const fd = libc.io_uring_setup(REQUESTS, libc.addressOf(parameters));
    if (fd < 0) throw new Error(`io_uring_setup: ${libc.errorName()}`);
    const mappings: Mapping[] = [];
    try {
      return new IoUring(libc, fd, parameters, buffers, mappings);
    } catch (error) {
      for (const { address, length } of mappings) libc.munmap(address, length);
      libc.close(fd);
      throw error;
    }
  }

  private constructor(
    private readonly libc: Libc,
    readonly fd: number,
    parameters: Buffer,
    buffers: number,
    readonly mappings: Mapping[],
  ) {
    const offset = (at: number): number => parameters.readUInt32LE(at);
    const order = offset(REQUEST_OFFSETS + 24);
    this.#requestRing = this.#map(AT_REQUEST_RING, order + 4 * REQUESTS);
    this.#tailWord = offset(REQUEST_OFFSETS + 4) / 4;
    this.#flagsWord = offset(REQUEST_OFFSETS + 16) / 4;
    for (let i = 0; i < REQUESTS; i++) this.#requestRing[order / 4 + i] = i;
    this.requests = this.#map(AT_REQUESTS, 4 * REQUEST.words * REQUESTS);

    const answers = offset(ANSWER_OFFSETS + 20);
    this.#answerRing = this.#map(AT_ANSWER_RING, answers + 4 * ANSWER_WORDS * ANSWERS);
    this.#answerHeadWord = offset(ANSWER_OFFSETS) / 4;
    this.#answerTailWord = offset(ANSWER_OFFSETS + 4) / 4;
    this.#answersWord = answers / 4;

    // struct io_uring_getevents_arg (24 octets), whose last word points to the struct timespec behind it.
    const at = libc.addressOf(this.#timing);
    this.#timing.writeBigUInt64LE(BigInt(at + 24), 16);
    this.#argument = at;
    this.#buffers = this.#register(buffers);
  }

  /** Requests that can be written before something must be handed over. */
  get room(): number {
    return REQUESTS - this.#queued;
  }

  get queued(): number {
    return this.#queued;
  }

  /** The number of the request to write next; there must be room. */
  next(): number {
    const at = this.#tail & (REQUESTS - 1);
    this.#tail = (this.#tail + 1) | 0;
    this.#queued += 1;
    return at;
  }

  /** Hands over what was written; does not look for what has come. */
  submit(): void {
    while (this.#queued > 0) this.#enter(0, 0, 0);
  }

  /**
   * Hands over what was written, then has the kernel receive what has come; waits at most so long for so many answers to be
   * there.
   */
  look(longest: Micros, enough: number): void {
    if (longest === 0) {
      this.#enter(0, ENTER_GETEVENTS, 0);
      return;
    }
    const words = this.#timingWords;
    words[6] = (longest / 1_000_000) | 0;
    words[8] = (longest % 1_000_000) * 1_000;
    this.#enter(enough, ENTER_GETEVENTS | ENTER_EXT_ARG, 24);
  }

  /** Takes the next answer, into `data`, `tag`, `result` and `flags`; false: there is none. */
  take(): boolean {
    const ring = this.#answerRing;
    const head = ring[this.#answerHeadWord]!;
    if (head === ring[this.#answerTailWord]!) {
      // Those that the ring had no room for come when the kernel is asked again.
      if ((this.#requestRing[this.#flagsWord]! & ANSWERS_ELSEWHERE) === 0) return false;
      this.look(0, 0);
      return this.take();
    }
    const at = this.#answersWord + (head & (ANSWERS - 1)) * ANSWER_WORDS;
    this.data = ring[at]!;
    this.tag = ring[at + 1]!;
    this.result = ring[at + 2]!;
    this.flags = ring[at + 3]!;
    ring[this.#answerHeadWord] = (head + 1) | 0;
    return true;
  }

  /** Gives the kernel a buffer, at an address of two words; it is there for it from the next `provided` on. */
  provide(buffer: number, low: number, high: number, length: number): void {
    const words = this.#buffers;
    const at = (this.#bufferTail * BUFFER_WORDS) & (words.length - 1);
    words[at] = low;
    words[at + 1] = high;
    words[at + 2] = length;
    // The upper half of the first one's last word is the tail.
    words[at + 3] = (words[at + 3]! & ~0xffff) | buffer;
    this.#bufferTail = (this.#bufferTail + 1) & 0xffff;
  }

  provided(): void {
    const words = this.#buffers;
    words[BUFFER_TAIL_WORD] = (words[BUFFER_TAIL_WORD]! & 0xffff) | (this.#bufferTail << 16);
  }

  #enter(complete: number, flags: number, length: number): void {
    const { libc } = this;
    this.#requestRing[this.#tailWord] = this.#tail;
    const argument = length > 0 ? this.#argument : 0;
    const submitted = libc.io_uring_enter(this.fd, this.#queued, complete, flags, argument, length);
    if (submitted >= 0) {
      this.#queued -= submitted;
      if (this.#queued === 0) this.turn = (this.turn + 1) | 0;
      return;
    }
    const error = libc.errorName();
    // Waited long enough, or woken by a signal. Nothing was handed over, or all of it.
    if (error === 'ETIME' || error === 'EINTR') return;
    throw new Error(`io_uring_enter: ${error}`);
  }

  /** The ring of the buffers that all sockets have in common. */
  #register(count: number): Int32Array {
    const { libc } = this;
    const size = 4 * BUFFER_WORDS * count;
    const at = libc.mmap(0, size, READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    if (at === -1) throw new Error(`mmap: ${libc.errorName()}`);
    this.mappings.push({ address: at, length: size });
    const registration = Buffer.alloc(REGISTRATION);
    registration.writeBigUInt64LE(BigInt(at), 0);
    registration.writeUInt32LE(count, 8);
    if (libc.io_uring_register(this.fd, REGISTER_PBUF_RING, libc.addressOf(registration), 1) < 0) {
      throw new Error(`io_uring_register: ${libc.errorName()}`);
    }
    return new Int32Array(libc.view(at, size));
  }

  #map(from: number, length: number): Int32Array {
    const at = this.libc.mmap(0, length, READ_WRITE, MAP_SHARED, this.fd, from);
    if (at === -1) throw new Error(`mmap: ${this.libc.errorName()}`);
    this.mappings.push({ address: at, length });
    return new Int32Array(this.libc.view(at, length));
  }
}
