/**
 * Brings something far away to a desired state, one step after the other: what is asked for while a
 * step is under way is done by the next, all at once.
 */
export class Desired {
  #asked = 0;
  #done = 0;
  #running: Promise<void> | undefined;

  /** `step` does what is to be done now; false when it could not, and must be asked for again. */
  constructor(private readonly step: () => Promise<boolean>) {}

  /** False while something asked for could not be done. */
  get settled(): boolean {
    return this.#done === this.#asked;
  }

  /** Resolves when nothing is being done. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Resolves when all that has been asked for was tried. Never rejects: `step` never does. */
  ask(): Promise<void> {
    this.#asked += 1;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    // What is said of a line in one breath is one step.
    await Promise.resolve();
    for (;;) {
      const asked = this.#asked;
      if (await this.step()) this.#done = asked;
      if (asked !== this.#asked) continue;
      this.#running = undefined;
      return;
    }
  }
}
