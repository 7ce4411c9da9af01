import { closeSync, writeSync } from 'node:fs';
import { highWord, type Libc, loadLibc, lowWord, SPAN } from './libc';

const WAKE_FD = 0;
const WOKEN = 1;
/** Pieces of memory that are mapped, of three words each: lower and upper half of the address, and length. */
const FIRST_MAPPING = 2;
const MAPPINGS = 4;
const MAPPING_WORDS = 3;
const FIRST_SLOT = FIRST_MAPPING + MAPPING_WORDS * MAPPINGS;
/** In place of a number of datagrams. */
const ALL = -1;
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/**
 * The memory a worker of the kernel backend shares with control. It blocks in the kernel, so that
 * control wakes it by an eventfd; and the sockets it opened are the process's and would outlive it,
 * so that control closes what a dead worker has left.
 */
export class Lifeline {
  readonly #words: Int32Array;
  #libc: Libc | undefined;

  /** For so many file descriptors; or the other end of one that was sent to a worker. */
  constructor(readonly memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  static forSlots(slots: number): Lifeline {
    return new Lifeline(new SharedArrayBuffer(4 * (FIRST_SLOT + 2 * slots)));
  }

  get slots(): number {
    return (this.#words.length - FIRST_SLOT) / 2;
  }

  /** Worker: from now on it can be woken. What was posted before must be taken after this. */
  listen(wakeFd: number): void {
    Atomics.store(this.#words, WAKE_FD, wakeFd);
  }

  /** Worker: takes note of being woken, before it looks for what was posted. */
  awake(): void {
    Atomics.store(this.#words, WOKEN, 0);
  }

  /** Worker: a slot's file descriptor; 0 when it is about to be closed. */
  hold(slot: number, fd: number): void {
    this.forgive(slot, 0);
    Atomics.store(this.#words, FIRST_SLOT + slot, fd);
  }

  /** Worker: memory that keeps one of its file descriptors alive, by its place among `MAPPINGS`. */
  map(index: number, address: number, length: number): void {
    const at = FIRST_MAPPING + MAPPING_WORDS * index;
    Atomics.store(this.#words, at, lowWord(address));
    Atomics.store(this.#words, at + 1, highWord(address));
    Atomics.store(this.#words, at + 2, length);
  }

  /** Control: what the worker holds there; 0: nothing. */
  held(slot: number): number {
    return Atomics.load(this.#words, FIRST_SLOT + slot);
  }

  /** Worker: so many datagrams that the kernel has dropped there are nobody's loss; undefined: all, for nobody reads. */
  forgive(slot: number, dropped: number | undefined): void {
    Atomics.store(this.#words, FIRST_SLOT + this.slots + slot, dropped ?? ALL);
  }

  /** Control: how many were dropped there that nobody was to read; undefined: all. */
  unread(slot: number): number | undefined {
    const dropped = Atomics.load(this.#words, FIRST_SLOT + this.slots + slot);
    return dropped === ALL ? undefined : dropped >>> 0;
  }

  /** Control: something was posted. One write for all that is posted before the worker looks. */
  wake(): void {
    const fd = Atomics.load(this.#words, WAKE_FD);
    if (fd === 0 || Atomics.exchange(this.#words, WOKEN, 1) === 1) return;
    writeSync(fd, ONE);
  }

  /** Control: after the worker's end, closes what it held. */
  closeLeftovers(): void {
    // The kernel then takes its standing requests back, some milliseconds later: until then their ports are bound.
    for (let i = 0; i < MAPPINGS; i++) this.#unmap(FIRST_MAPPING + MAPPING_WORDS * i);
    this.#close(WAKE_FD);
    for (let i = 0; i < this.slots; i++) this.#close(FIRST_SLOT + i);
  }

  #close(word: number): void {
    const fd = Atomics.exchange(this.#words, word, 0);
    if (fd > 0) closeSync(fd);
  }

  #unmap(word: number): void {
    const length = Atomics.exchange(this.#words, word + 2, 0);
    if (length === 0) return;
    const [low, high] = [this.#words[word]! >>> 0, this.#words[word + 1]!];
    this.#libc ??= loadLibc();
    this.#libc.munmap(high * SPAN + low, length);
  }
}
