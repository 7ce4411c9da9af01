import { type Instant, type Millis, TimerTable } from '../../core';
import type { RecordingTarget } from './recording';

/** How long a recorder may take to answer, redirections included. */
export function answerTimeoutOf({ answerTimeoutMs = 5000 }: RecordingTarget): Millis {
  return answerTimeoutMs;
}

/**
 * Whether a recorder that has a session is still there. One that says nothing by itself for a while is asked by OPTIONS
 * inside the session, and has to answer.
 */
export class Watch {
  readonly #timers = new TimerTable<'ask' | 'silence'>();
  #doubt: string | undefined;

  constructor(private readonly recorder: RecordingTarget) {}

  get deadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  /** It is there. */
  heard(now: Instant): void {
    const { checkEveryMs = 0 } = this.recorder;
    this.#timers.stop('silence');
    if (checkEveryMs > 0) this.#timers.set('ask', now + checkEveryMs);
  }

  /**
   * It may not be there: `why` is an answer of its own or one that the engine has made up. It is asked at once, and what
   * the answer was can be told when that is known. False where it is not to be asked.
   */
  doubted(now: Instant, why: string): boolean {
    if (!this.recorder.checkEveryMs) return false;
    this.#doubt ??= why;
    if (!this.#timers.has('silence')) this.#timers.set('ask', now);
    return true;
  }

  /** Why it was doubted, once. */
  takeDoubt(): string | undefined {
    const doubt = this.#doubt;
    this.#doubt = undefined;
    return doubt;
  }

  /** What is to be done now, if anything. */
  tick(now: Instant): 'ask' | 'silence' | undefined {
    const [due] = this.#timers.takeDue(now);
    if (due === 'ask') this.#timers.set('silence', now + answerTimeoutOf(this.recorder));
    return due;
  }
}
