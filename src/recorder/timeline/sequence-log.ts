import type { Millis } from '../../core';

/** What a packet is to those before it. */
export type Arrival = 'first' | 'ahead' | 'behind' | 'duplicate' | 'restart';

/** Sequence numbers remembered to tell duplicates from latecomers. */
const MEMORY = 512;
/** RFC 3550 A.1: a larger step forward is a restart of the sender. */
const MAX_DROPOUT = 3000;
/** A step of transit time beyond this is a jump of the source, not jitter. */
const JUMP: Millis = 10_000;

/**
 * The sequence numbers of one source: extended beyond 16 bits, with losses (RFC 3550 A.3: expected minus
 * received, duplicates not counted), and jitter by A.8. A pause is no loss.
 */
export class SequenceLog {
  /** Extended sequence number of the last packet received, and the highest so far. */
  last = 0;
  highest = -1;
  received = 0;
  duplicates = 0;
  reordered = 0;
  jitterMs: Millis = 0;

  #started = false;
  #paused = false;
  #base = 0;
  #receivedHere = 0;
  #lostBefore = 0;
  #transit: Millis | undefined;
  readonly #seen = new Float64Array(MEMORY).fill(-1);

  /** Expected and not received. */
  get lost(): number {
    if (!this.#started) return 0;
    return this.#lostBefore + Math.max(0, this.highest - this.#base + 1 - this.#receivedHere);
  }

  get expected(): number {
    return this.received + this.lost;
  }

  receive(sequence: number): Arrival {
    if (!this.#started) {
      this.#started = true;
      this.#begin(sequence);
      return 'first';
    }
    const step = ((sequence - this.highest) << 16) >> 16;
    if (step > MAX_DROPOUT || step <= -MEMORY) {
      this.#leave();
      // The extended numbers go on rising, whatever the sender does.
      const from = this.highest + 1;
      this.#begin(from + ((sequence - from) & 0xffff));
      return 'restart';
    }
    const extended = this.highest + step;
    this.last = extended;
    if (this.#seen[extended & (MEMORY - 1)] === extended) {
      this.duplicates++;
      return 'duplicate';
    }
    if (step > 0 && this.#paused) {
      this.#leave();
      this.#begin(extended);
      return 'ahead';
    }
    this.#count(extended);
    if (step > 0) {
      this.highest = extended;
      return 'ahead';
    }
    this.reordered++;
    this.#base = Math.min(this.#base, extended);
    return 'behind';
  }

  /** RFC 3550 A.8: `transit` is arrival minus media time. */
  measure(transit: Millis): void {
    const change = this.#transit === undefined ? 0 : Math.abs(transit - this.#transit);
    this.#transit = transit;
    if (change < JUMP) this.jitterMs += (change - this.jitterMs) / 16;
  }

  /** What the sender numbers until the next packet is not missed. */
  pause(): void {
    this.#paused = true;
  }

  #begin(extended: number): void {
    this.#base = extended;
    this.highest = extended;
    this.last = extended;
    this.#receivedHere = 0;
    this.#paused = false;
    this.#count(extended);
  }

  #leave(): void {
    this.#lostBefore = this.lost;
    this.#base = this.highest + 1;
    this.#receivedHere = 0;
  }

  #count(extended: number): void {
    this.#seen[extended & (MEMORY - 1)] = extended;
    this.received++;
    this.#receivedHere++;
  }
}

/** Says in RFC 3550 terms what was lost between two calls. */
export class LossInterval {
  #expected = 0;
  #received = 0;

  /** Another source is reported on from now. */
  restart(): void {
    this.#expected = 0;
    this.#received = 0;
  }

  /** The share lost since the last call, in 1/256. */
  take({ expected, received }: { expected: number; received: number }): number {
    const expectedHere = expected - this.#expected;
    const lostHere = expectedHere - (received - this.#received);
    this.#expected = expected;
    this.#received = received;
    return expectedHere > 0 && lostHere > 0
      ? Math.min(255, Math.floor((lostHere * 256) / expectedHere))
      : 0;
  }
}
