import type { Instant, Millis } from '../../core';

/** What goes wrong with one packet goes wrong with fifty a second. */
const QUIET: Millis = 1_000;

/** Passes on the first of what was thrown, and then one a second. */
export class BugReport {
  #quietUntil: Instant = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly now: () => Instant,
    private readonly report: (error: string) => void,
  ) {}

  readonly add = (error: unknown): void => {
    const now = this.now();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + QUIET;
    this.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
}
