import type { Instant, Micros, Millis } from '../../core';

/** Over which the rate is measured. */
const WINDOW: Millis = 20;
/** What comes in this time is worth waking up for; */
const WORTH: Millis = 0.75;
/** where that is fewer than a dozen, a dozen, or as many as come in this time, if they are fewer yet. */
const DOZEN = 12;
const LONGER: Millis = 1;
/** Where fewer than these would be worth it, each is. */
const FEWEST = 3;
/**
 * For how long they may gather where they come evenly: longer than the scheduler's tick (4 ms at 250 Hz), because a timer that is the
 * next of its core is set in the hardware twice a look, in a virtual machine a sixth of all at 100 calls.
 */
const EVEN: Micros = 5_000;
/** And where they do not. */
const UNEVEN: Micros = 1_000;
/**
 * Who waits so long in vain, again and again (in one window of three), knows that they come in bursts, for many frames. Once is
 * nothing: who sends them may have been held up.
 */
const IN_VAIN: Micros = 2_000;
const FADE = 0.8;
const OFTEN = 2;
const MEMORY: Millis = 10_000;

/**
 * How many datagrams are to gather before the next look. A thread that the kernel wakes for every single one spends more on
 * waking than on moving them; when there are many, a wait of about a millisecond is shared by all that come in it.
 */
export class Pace {
  /** So many; 1 while there is little to do. */
  enough = 1;
  /** For so long at most. What is left of a burst is fewer than is enough, and would wait for the next one; so would what comes to few sockets. */
  patience = EVEN;
  #windowStart: Instant = 0;
  #events = 0;
  #inVain = false;
  #howOften = 0;
  #unevenUntil: Instant = 0;

  /** A look at `now` has found so many, after a wait of at most `longest`. */
  after(events: number, now: Instant, longest: Micros): void {
    if (events < this.enough && longest >= IN_VAIN) this.#inVain = true;
    this.#events += events;
    const elapsed = now - this.#windowStart;
    if (elapsed < WINDOW) return;
    const rate = this.#events / elapsed;
    const worth = Math.round(WORTH * rate);
    const longer = Math.min(DOZEN, Math.round(LONGER * rate));
    this.enough = worth < FEWEST ? 1 : Math.max(worth, longer);
    this.#howOften = FADE * this.#howOften + (this.#inVain ? 1 : 0);
    if (this.#howOften >= OFTEN) this.#unevenUntil = now + MEMORY;
    this.patience = now < this.#unevenUntil ? UNEVEN : EVEN;
    this.#windowStart = now;
    this.#events = 0;
    this.#inVain = false;
  }
}

export type Pacing = Pick<Pace, 'enough' | 'patience' | 'after'>;
