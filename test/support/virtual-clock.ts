import type { Cancel, Clock, Instant, Millis } from '../../src/core';

/** A clock that stands still until told. Timers fire in order, each at its own instant. */
export class VirtualClock implements Clock {
  #now: Instant = 0;
  #sequence = 0;
  readonly #timers = new Map<number, { at: Instant; fn: () => void }>();

  constructor(private readonly epoch = Date.UTC(2026, 0, 15, 14, 3, 7)) {}

  now(): Instant {
    return this.#now;
  }

  wall(): Date {
    return new Date(this.epoch + this.#now);
  }

  after(delay: Millis, fn: () => void): Cancel {
    const id = this.#sequence++;
    this.#timers.set(id, { at: this.#now + delay, fn });
    return () => this.#timers.delete(id);
  }

  /** Moves to `instant`, firing what falls due on the way. */
  advanceTo(instant: Instant): void {
    for (;;) {
      let due: { id: number; at: Instant; fn: () => void } | undefined;
      for (const [id, timer] of this.#timers) {
        if (timer.at <= instant && (!due || timer.at < due.at)) due = { id, ...timer };
      }
      if (!due) break;
      this.#timers.delete(due.id);
      this.#now = Math.max(this.#now, due.at);
      due.fn();
    }
    this.#now = Math.max(this.#now, instant);
  }

  advance(span: Millis): void {
    this.advanceTo(this.#now + span);
  }

  /** Timers still waiting: a finished scenario leaves none. */
  get pending(): number {
    return this.#timers.size;
  }
}
