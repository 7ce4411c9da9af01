/**
 * Counters that wrap, made to run on: each value is placed nearest to the one before it, so that
 * reordering steps back and a wrap steps forward. The result may be negative when the first values
 * arrive out of order.
 */
abstract class Unwrapper {
  #last: number | undefined;

  /** The extended value of `value`. The first one is its own extension. */
  unwrap(value: number): number {
    this.#last = this.#last === undefined ? value : this.#last + this.distance(value, this.#last);
    return this.#last;
  }

  /** Forgets what came before: a new source begins. */
  reset(): void {
    this.#last = undefined;
  }

  protected abstract distance(value: number, last: number): number;
}

/** RTP sequence numbers, 16 bits. */
export class SequenceUnwrapper extends Unwrapper {
  protected override distance(value: number, last: number): number {
    return ((value - last) << 16) >> 16;
  }
}

/** RTP timestamps, 32 bits. */
export class TimestampUnwrapper extends Unwrapper {
  protected override distance(value: number, last: number): number {
    return (value - last) | 0;
  }
}
