import type { Clock, Instant } from '../../core';
import type { Playback, Played } from '../plane';

/** A program under way. */
export class Performance implements Playback {
  readonly done: Promise<Played>;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(
    readonly id: string,
    private readonly clock: Clock,
    perform: (performance: Performance) => Promise<Played>,
  ) {
    this.done = perform(this);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Resolves at that instant with true, or with false when it is stopped before. */
  async until(instant: Instant): Promise<boolean> {
    const span = instant - this.clock.now();
    if (span > 0 && !this.#stopped) {
      await new Promise<void>((resolve) => {
        const cancel = this.clock.after(span, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    return !this.#stopped;
  }
}
