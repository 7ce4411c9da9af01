import type { Millis } from '../../core';

const FIRST: Millis = 100;
const LONGEST: Millis = 30_000;
/** A worker that has lived so long did not die of being born. */
const STEADY: Millis = 60_000;

/** How long a seat stays empty after each death: the cause may still be there, and another birth costs a core. */
export class Rebirth {
  #next: Millis = FIRST;

  /** The delay after the death of a worker that lived so long: doubled each time, until one has lived long. */
  after(lived: Millis): Millis {
    if (lived >= STEADY) this.#next = FIRST;
    const delay = this.#next;
    this.#next = Math.min(2 * delay, LONGEST);
    return delay;
  }
}
