import type { Cancel, Clock, Instant, Millis } from '../core';

/** A clock whose callbacks may throw: reported and counted, and nothing else is hurt. */
export class GuardedClock implements Clock {
  #contained = 0;

  constructor(
    private readonly clock: Clock,
    private readonly report: (error: unknown) => void,
  ) {}

  /** How many callbacks threw. */
  get contained(): number {
    return this.#contained;
  }

  now(): Instant {
    return this.clock.now();
  }

  wall(): Date {
    return this.clock.wall();
  }

  after(delay: Millis, fn: () => void): Cancel {
    return this.clock.after(delay, () => this.contain(fn));
  }

  /** Runs something that must not throw out of here. */
  contain(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#contained += 1;
      this.report(error);
    }
  }
}
