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

  /** It may not be: it is asked at once. */
  doubted(now: Instant): void {
    if (this.recorder.checkEveryMs && !this.#timers.has('silence')) this.#timers.set('ask', now);
  }

  /** What is to be done now, if anything. */
  tick(now: Instant): 'ask' | 'silence' | undefined {
    const [due] = this.#timers.takeDue(now);
    if (due === 'ask') this.#timers.set('silence', now + answerTimeoutOf(this.recorder));
    return due;
  }
}
