import { Histogram } from './histogram';
import { COUNTS } from './stream-packet';

/** Packets of a stream whose sending is remembered: 2.5 s. A power of two. */
const REMEMBERED = 128;

/** Where a packet arrived. */
export const PARTY = 1;
export const RECORDER = 2;

/** Of the packets sent in one window. */
export interface Tally {
  readonly sent: number;
  readonly partiesGot: number;
  readonly recordersGot: number;
  /** Came twice. */
  readonly repeated: number;
  /** Microseconds from the load's sending to the arrival at its socket. */
  readonly delay: ReturnType<Histogram['summary']>;
  readonly recorderDelay: ReturnType<Histogram['summary']>;
}

/** When each packet was sent and whether it came. Times are milliseconds of one clock. */
export class Ledger {
  readonly #sentAt: Float64Array;
  readonly #arrived: Uint8Array;
  readonly #counts: Int32Array;
  readonly #delay = new Histogram();
  readonly #recorderDelay = new Histogram();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.POSITIVE_INFINITY;
  #sent = 0;
  #partiesGot = 0;
  #recordersGot = 0;
  #repeated = 0;

  constructor(streams: number) {
    this.#sentAt = new Float64Array(streams * REMEMBERED);
    this.#arrived = new Uint8Array(streams * REMEMBERED);
    this.#counts = new Int32Array(streams);
  }

  /** What is sent from now on counts. */
  open(now: number): void {
    this.#from = now;
    this.#to = Number.POSITIVE_INFINITY;
    this.#sent = this.#partiesGot = this.#recordersGot = this.#repeated = 0;
    this.#delay.clear();
    this.#recorderDelay.clear();
  }

  /** What is sent from now on no longer counts. */
  close(now: number): void {
    this.#to = now;
  }

  get isOpen(): boolean {
    return this.#from !== Number.POSITIVE_INFINITY && this.#to === Number.POSITIVE_INFINITY;
  }

  /** A stream's next packet leaves; its number. */
  send(stream: number, now: number): number {
    const count = (this.#counts[stream]! + 1) % COUNTS;
    this.#counts[stream] = count;
    const at = stream * REMEMBERED + (count % REMEMBERED);
    this.#sentAt[at] = now;
    this.#arrived[at] = 0;
    if (this.#counted(now)) this.#sent += 1;
    return count;
  }

  /** The packet `count` of a stream came, at a party or a recorder. */
  receive(stream: number, count: number, now: number, where: typeof PARTY | typeof RECORDER): void {
    const age = (this.#counts[stream]! - count + COUNTS) % COUNTS;
    // One that is so old that it is forgotten has been counted as lost.
    if (age >= REMEMBERED) return;
    const at = stream * REMEMBERED + (count % REMEMBERED);
    const sentAt = this.#sentAt[at]!;
    if (!this.#counted(sentAt)) return;
    if ((this.#arrived[at]! & where) !== 0) {
      this.#repeated += 1;
      return;
    }
    this.#arrived[at]! |= where;
    const us = 1000 * (now - sentAt);
    if (where === PARTY) {
      this.#partiesGot += 1;
      this.#delay.add(us);
    } else {
      this.#recordersGot += 1;
      this.#recorderDelay.add(us);
    }
  }

  tally(): Tally {
    return {
      sent: this.#sent,
      partiesGot: this.#partiesGot,
      recordersGot: this.#recordersGot,
      repeated: this.#repeated,
      delay: this.#delay.summary(),
      recorderDelay: this.#recorderDelay.summary(),
    };
  }

  #counted(sentAt: number): boolean {
    return sentAt >= this.#from && sentAt < this.#to;
  }
}
