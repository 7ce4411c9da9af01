import type { Instant, Millis } from '../../core';

/** Over which the rate is measured. */
const WINDOW: Millis = 20;
/** Events a millisecond from which looking once a millisecond is enough. */
const BUSY = 4;
const PAUSE: Millis = 1;

/**
 * How long to let datagrams gather before looking again. A thread that the kernel wakes for every
 * single one spends more on waking than on moving them; when there are many, a millisecond of
 * patience is shared by all that came in it.
 */
export class Pace {
  #windowStart: Instant = 0;
  #events = 0;
  #busy = false;

  /** `pause`: 0 looks at once, always. */
  constructor(private readonly pause: Millis = PAUSE) {}

  /** The pause after a look at `now` that found `events`: 0 while there is little to do. */
  after(events: number, now: Instant): Millis {
    this.#events += events;
    const elapsed = now - this.#windowStart;
    if (elapsed >= WINDOW) {
      this.#busy = this.#events >= BUSY * elapsed;
      this.#windowStart = now;
      this.#events = 0;
    }
    return this.#busy ? this.pause : 0;
  }
}
