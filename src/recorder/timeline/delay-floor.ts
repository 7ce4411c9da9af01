import type { Millis } from '../../core';

/**
 * The least delay seen of late: of all packets the one that waited least tells the relation of two
 * clocks best. Two windows are kept, so that the floor follows clocks that drift apart and yet never
 * rests on too few packets. Whoever owns the floors rotates them, all at the same instant.
 */
export class DelayFloor {
  #current = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;

  /** Infinity before the first packet. */
  get value(): Millis {
    return Math.min(this.#current, this.#previous);
  }

  note(delay: Millis): void {
    if (delay < this.#current) this.#current = delay;
  }

  /** Begins a new window; one without packets does not count. */
  rotate(): void {
    if (this.#current === Number.POSITIVE_INFINITY) return;
    this.#previous = this.#current;
    this.#current = Number.POSITIVE_INFINITY;
  }

  restart(): void {
    this.#current = Number.POSITIVE_INFINITY;
    this.#previous = Number.POSITIVE_INFINITY;
  }
}
