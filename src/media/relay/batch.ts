import type { Instant, Millis } from '../../core';
import { copyOctets, steadyMemory } from '../octets';
import type { SocketAddress } from './address';

/** So many in one send: of 20 ms each, the oldest waits 80 ms. */
const MOST = 5;
/** Longer datagrams are no telephony and are not worth waiting with. */
export const LONGEST_IN_BATCH = 400;
/** A batch that nothing more comes into leaves after this. */
export const BATCH_PATIENCE: Millis = 120;

/**
 * Datagrams of one length to one place, one after the other in memory, for the kernel to take apart
 * (UDP_SEGMENT, udp(7)): what is sent together costs little more than one.
 */
export class Batch {
  readonly bytes = steadyMemory(MOST * LONGEST_IN_BATCH);
  count = 0;
  /**
   * How many it takes. The first, and the next to one that left before it was full, is shorter, by another measure for each
   * socket: of forks that began at once, or were all late at once, not all are then sent in the same fifth of the time.
   */
  #most: number;
  readonly #short: number;
  /** Octets in it. */
  fill = 0;
  /** Of each datagram but the last, which may be shorter. */
  length = 0;
  to: SocketAddress | undefined;
  /** When the first came. */
  since: Instant = 0;

  /** It is among those that are looked after. */
  waits = false;

  constructor(readonly slot: number) {
    // Slots of a pair follow one another, and the batch is of the first.
    this.#short = 1 + ((slot >> 1) % MOST);
    this.#most = this.#short;
  }

  /** Whether one of this length fits behind what is in it. */
  takes(length: number, to: SocketAddress): boolean {
    return this.count === 0 || (length <= this.length && to === this.to);
  }

  add(bytes: Buffer, offset: number, length: number, to: SocketAddress, now: Instant): void {
    if (this.count === 0) {
      this.length = length;
      this.to = to;
      this.since = now;
    }
    copyOctets(bytes, offset, this.bytes, this.fill, length);
    this.fill += length;
    this.count += 1;
  }

  /** Nothing more may follow. */
  isFull(): boolean {
    return this.count === this.#most || this.fill < this.count * this.length;
  }

  clear(): void {
    this.#most = this.isFull() ? MOST : this.#short;
    this.count = 0;
    this.fill = 0;
  }
}
