import type { Instant, Millis } from '../../core';
import type { Side } from '../plane';
import type { LineCounters } from './counters';
import { SIDES } from './wanted';

/** Tells from counters that are read now and then which side has fallen silent. Once per silence. */
export class Silence {
  readonly #packets: Record<Side, number> = { a: 0, b: 0 };
  readonly #since: Record<Side, Instant>;
  readonly #told: Record<Side, boolean> = { a: false, b: false };

  constructor(
    private readonly timeoutMs: Millis,
    now: Instant,
  ) {
    this.#since = { a: now, b: now };
  }

  /** Silence counts from now on only: the line was on hold, or is not watched. */
  forget(now: Instant): void {
    for (const side of SIDES) {
      this.#since[side] = now;
      this.#told[side] = false;
    }
  }

  read(counters: LineCounters, now: Instant): { side: Side; silentMs: Millis }[] {
    return SIDES.flatMap((side) => {
      const { packets } = counters[side];
      if (packets !== this.#packets[side]) {
        this.#packets[side] = packets;
        this.#since[side] = now;
        this.#told[side] = false;
      }
      const silentMs = now - this.#since[side];
      if (silentMs < this.timeoutMs || this.#told[side]) return [];
      this.#told[side] = true;
      return [{ side, silentMs }];
    });
  }
}
