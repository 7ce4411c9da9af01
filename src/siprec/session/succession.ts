import type { RecordingTarget } from './recording';

/** A recording that finds no recorder to stay with is given up after so many sessions. */
const MOST_SESSIONS = 20;

/**
 * Which recorder is asked next: each once, in order of preference, until one takes the recording. When that one is found
 * gone, the others are asked in the same order, and itself last: it may have been restarted. A recorder that has ended
 * its session by itself is not asked again.
 */
export class Succession {
  #waiting: readonly RecordingTarget[];
  #current: RecordingTarget | undefined;
  readonly #done = new Set<RecordingTarget>();
  #sessions = 0;

  constructor(
    /** Best first. */
    private readonly recorders: readonly RecordingTarget[],
    /** Whether a recorder may have this recording, as it is now. */
    private readonly mayHaveIt: (recorder: RecordingTarget) => boolean = () => true,
  ) {
    this.#waiting = recorders;
  }

  /** Undefined when there is none left. */
  next(): RecordingTarget | undefined {
    if (this.#sessions === MOST_SESSIONS) return undefined;
    const next = this.#waiting.find((one) => !this.#done.has(one) && this.mayHaveIt(one));
    if (!next) return undefined;
    this.#sessions += 1;
    this.#waiting = this.#waiting.slice(this.#waiting.indexOf(next) + 1);
    this.#current = next;
    return next;
  }

  /** The recorder that had the recording has it no more; `left`: it wanted it so. */
  lost(left: boolean): void {
    const lost = this.#current;
    if (!lost) return;
    if (left) this.#done.add(lost);
    this.#waiting = [...this.recorders.filter((one) => one !== lost), lost];
  }
}
