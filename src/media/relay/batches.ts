import type { Instant, Millis } from '../../core';
import { copyOctets } from '../octets';
import type { SocketAddress } from './address';
import type { Carrier } from './carrier';
import { FORK_ROW, ROW, type Rows } from './row';

/** So many in one send: of 20 ms each, the oldest waits 80 ms. */
const MOST = 5;
/** Longer datagrams are no telephony and are not worth waiting with. */
const LONGEST = 400;
/** A batch that nothing more comes into leaves after this, and after twice this at the latest. */
export const BATCH_PATIENCE: Millis = 120;

const DESTINATION = MOST * LONGEST;
/** Octets of memory that a batch takes: its datagrams, one after the other, and where they go. */
export const BATCH_SIZE = 2048;

// Read here once: the constants of another module are looked up anew at every use.
const ROW_LENGTH = ROW.length;
const SIZE = BATCH_SIZE;
const BATCH = FORK_ROW.batch;
const SINCE = FORK_ROW.batchSince / 2;
const TURN = FORK_ROW.batchTurn;

// The parts of a batch's word: how many there are, whether it takes one only and whether the one before left full, how many
// octets, and how many of each.
const COUNT = 0x7;
const SINGLE = 0x8;
const WAS_FULL = 0x10;
const FILL_SHIFT = 5;
const FILL = 0x7ff;
const EACH_SHIFT = 16;

/**
 * For each port the datagrams of one length to one place that are to be sent together, one after the other in memory for the kernel
 * to take apart (UDP_SEGMENT, udp(7)): what is sent together costs little more than one. What there is to know of a batch
 * stands in the row of its port, by whose beginning it is named here.
 */
export class Batches {
  readonly #words: Int32Array;
  readonly #reals: Float64Array;
  readonly #bytes: Buffer;
  readonly #addresses: Int32Array;
  /** By slot: whither. */
  readonly #destinations: Array<SocketAddress | undefined>;
  /** Slots whose batch waits, and since when: a ring in which each is once. */
  readonly #waiting: Int32Array;
  readonly #waitingSince: Float64Array;
  readonly #isWaiting: Uint8Array;
  #firstWaiting = 0;
  #waitingCount = 0;

  /** Whether one of this length is worth waiting with. */
  static fits(length: number): boolean {
    return length > 0 && length <= LONGEST;
  }

  /** In the carrier's memory, `BATCH_SIZE` octets for each of so many slots from `memory` on. */
  constructor(
    private readonly carrier: Carrier,
    rows: Rows,
    private readonly memory: number,
    slots: number,
  ) {
    this.#words = rows.words;
    this.#reals = rows.reals;
    this.#bytes = carrier.bytes;
    const { buffer, byteOffset, length } = carrier.bytes;
    this.#addresses = new Int32Array(buffer, byteOffset, length >> 2);
    this.#destinations = Array(slots).fill(undefined);
    this.#waiting = new Int32Array(slots);
    this.#waitingSince = new Float64Array(slots);
    this.#isWaiting = new Uint8Array(slots);
  }

  get areWaiting(): boolean {
    return this.#waitingCount > 0;
  }

  /** Where the batch of a port goes. */
  destination(row: number): SocketAddress | undefined {
    return this.#destinations[row / ROW_LENGTH];
  }

  /** Where the batch of a port lies, and where its destination, as a struct sockaddr. */
  at(row: number): number {
    return this.memory + (row / ROW_LENGTH) * SIZE;
  }

  destinationAt(row: number): number {
    return this.at(row) + DESTINATION;
  }

  /** What comes into the batch of a port from now on, which is empty and settled, goes there. */
  aim(row: number, to: SocketAddress): void {
    this.#destinations[row / ROW_LENGTH] = to;
    this.#addresses.set(to.words, this.destinationAt(row) >> 2);
  }

  /** How many datagrams there are in the batch of a port. */
  count(row: number): number {
    return this.#words[row + BATCH]! & COUNT;
  }

  /** How many octets they are, and how long each but the last, which may be shorter. */
  fill(row: number): number {
    return (this.#words[row + BATCH]! >>> FILL_SHIFT) & FILL;
  }

  each(row: number): number {
    return this.#words[row + BATCH]! >>> EACH_SHIFT;
  }

  /** Whether a datagram of this length may follow those that are in the batch. */
  takes(row: number, length: number): boolean {
    const batch = this.#words[row + BATCH]!;
    return (batch & COUNT) === 0 || length <= batch >>> EACH_SHIFT;
  }

  /** Puts a datagram in, which the batch takes; true: nothing may follow it. */
  add(row: number, bytes: Buffer, offset: number, length: number, now: Instant): boolean {
    const words = this.#words;
    let batch = words[row + BATCH]!;
    if ((batch & COUNT) === 0) {
      this.#own(row);
      batch |= length << EACH_SHIFT;
      this.#reals[(row >> 1) + SINCE] = now;
    }
    const fill = (batch >>> FILL_SHIFT) & FILL;
    copyOctets(bytes, offset, this.#bytes, this.at(row) + fill, length);
    batch += (length << FILL_SHIFT) + 1;
    words[row + BATCH] = batch;
    if (this.#isFull(row, batch)) return true;
    this.#wait(row);
    return false;
  }

  /** Has been sent, and begins anew. */
  clear(row: number): void {
    const words = this.#words;
    const batch = words[row + BATCH]!;
    words[row + BATCH] = (batch & SINGLE) | (this.#isFull(row, batch) ? WAS_FULL : 0);
    words[row + TURN] = this.carrier.turn;
  }

  /** Not every way out of a port can take a batch apart: none is made there. */
  forbid(row: number): void {
    this.#words[row + BATCH]! |= SINGLE;
  }

  /** Tells `send` of the ports whose batches began to wait at `limit` or before. One that has begun anew meanwhile waits anew. */
  due(limit: Instant, send: (row: number) => void): void {
    for (let left = this.#waitingCount; left > 0; left--) {
      const first = this.#firstWaiting;
      if (this.#waitingSince[first]! > limit) return;
      const slot = this.#waiting[first]!;
      const row = slot * ROW_LENGTH;
      this.#firstWaiting = (first + 1) % this.#waiting.length;
      this.#waitingCount -= 1;
      this.#isWaiting[slot] = 0;
      if (this.count(row) === 0) continue;
      if (this.#reals[(row >> 1) + SINCE]! > limit) this.#wait(row);
      else send(row);
    }
  }

  /** The kernel may not have read yet what was sent from there. */
  #own(row: number): void {
    if (this.#words[row + TURN] === this.carrier.turn) this.carrier.handOver();
  }

  /**
   * The first, and the next to one that left before it was full, takes less, by another measure for each
   * socket: of forks that began at once, or were all late at once, not all are then sent in the same fifth of the time.
   */
  #isFull(row: number, batch: number): boolean {
    const count = batch & COUNT;
    if (((batch >>> FILL_SHIFT) & FILL) < count * (batch >>> EACH_SHIFT)) return true;
    // Slots of a pair follow one another, and the batch is of the first.
    if ((batch & WAS_FULL) === 0 && count > ((row / ROW_LENGTH) >> 1) % MOST) return true;
    return count === MOST || (batch & SINGLE) !== 0;
  }

  #wait(row: number): void {
    const slot = row / ROW_LENGTH;
    if (this.#isWaiting[slot] === 1) return;
    this.#isWaiting[slot] = 1;
    const at = (this.#firstWaiting + this.#waitingCount) % this.#waiting.length;
    this.#waiting[at] = slot;
    this.#waitingSince[at] = this.#reals[(row >> 1) + SINCE]!;
    this.#waitingCount += 1;
  }
}
