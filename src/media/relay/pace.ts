import type { Instant, Millis } from '../../core';

/** Over which the rate is measured. */
const WINDOW: Millis = 20;
/** What comes in this time is worth waking up for. */
const PATIENCE: Millis = 0.75;

/**
 * How many datagrams are to gather before the next look. A thread that the kernel wakes for every single one spends more on
 * waking than on moving them; when there are many, three quarters of a millisecond are shared by all that come in them.
 */
export class Pace {
  #windowStart: Instant = 0;
  #events = 0;
  #enough = 1;

  /** How many to wait for after a look at `now` that found `events`: 1 while there is little to do. */
  after(events: number, now: Instant): number {
    this.#events += events;
    const elapsed = now - this.#windowStart;
    if (elapsed >= WINDOW) {
      this.#enough = Math.max(1, Math.round((PATIENCE * this.#events) / elapsed));
      this.#windowStart = now;
      this.#events = 0;
    }
    return this.#enough;
  }
}
