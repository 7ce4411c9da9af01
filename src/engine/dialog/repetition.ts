import type { Instant, Millis } from '../../core';

/**
 * Something said again at doubling intervals until it is confirmed or given up: a 2xx until its
 * ACK (RFC 3261 §13.3.1.4), a reliable provisional until its PRACK (RFC 3262 §3).
 */
export class Repetition {
  #interval: Millis;
  #next: Instant;
  readonly #end: Instant;

  constructor(
    now: Instant,
    interval: Millis,
    private readonly longest: Millis,
    lifetime: Millis,
  ) {
    this.#interval = interval;
    this.#next = now + interval;
    this.#end = now + lifetime;
  }

  get nextDeadline(): Instant {
    return Math.min(this.#next, this.#end);
  }

  tick(now: Instant): 'repeat' | 'give-up' | 'wait' {
    if (now >= this.#end) return 'give-up';
    if (now < this.#next) return 'wait';
    this.#interval = Math.min(this.#interval * 2, this.longest);
    this.#next = now + this.#interval;
    return 'repeat';
  }
}
