import { type Instant, type Millis, TimerTable } from '../../core';
import type { Conversation } from './conversation';
import type { RecordedLines } from './lines';
import type { Negotiation } from './negotiation';
import type { Loss, SessionOutput } from './protocol';
import { UNAVAILABLE } from './refusal';

/** The last update may hold back the BYE for so long. */
const LAST_UPDATE: Millis = 500;
/** The outcome waits so long for the answer to the BYE. */
const LAST_ANSWER: Millis = 1000;
const SILENT: Loss = {
  code: 'RECORDER_VANISHED',
  detail: 'it did not answer when the recording was stopped',
};

/**
 * The end of a recording session by our wish: once no exchange is under way any more the last metadata, then BYE.
 *
 * ```
 *            nothing under way           answer, or its time           answer, or its time
 *   waiting ───────────────────▶ told ────────────────────▶ leaving ────────────────────▶ over
 *      └────────────── nothing to tell, or no time ────────────▲
 * ```
 */
export class Farewell {
  #stage: 'waiting' | 'told' | 'leaving' | 'over' = 'waiting';
  readonly #timers = new TimerTable<'last-update' | 'last-answer'>();
  /** The last update was not answered in time. */
  #unheard = false;
  #loss: Loss | undefined;
  #out: SessionOutput[] = [];

  constructor(
    private readonly negotiation: Negotiation,
    /** The recorder takes UPDATE, as far as is known. */
    private updates: boolean,
    private readonly conversation: Conversation,
    private readonly lines: RecordedLines,
    now: Instant,
  ) {
    this.#timers.set('last-update', now + LAST_UPDATE);
  }

  get isOver(): boolean {
    return this.#stage === 'over';
  }

  /** What it has shown to be missing. */
  get loss(): Loss | undefined {
    return this.#loss;
  }

  get deadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  tick(now: Instant): readonly SessionOutput[] {
    for (const timer of this.#timers.takeDue(now)) {
      if (timer === 'last-update') {
        this.#unheard = true;
        this.#leave(now);
      } else {
        // Neither the last update nor BYE was answered: nothing proves that anything was kept.
        if (this.#unheard) this.#loss ??= SILENT;
        this.#stage = 'over';
      }
    }
    return this.#drain();
  }

  /** Something that was under way is not any more. */
  settled(now: Instant): readonly SessionOutput[] {
    this.negotiation.retry();
    if (this.negotiation.idle) this.#sayTheLast(now);
    return this.#drain();
  }

  /** 2xx to what we said. False when it was to something that was under way before. */
  accepted(now: Instant): readonly SessionOutput[] | undefined {
    if (this.#stage !== 'told') return undefined;
    this.#leave(now);
    return this.#drain();
  }

  /** Likewise any other answer. A recorder that does not know UPDATE after all is told by re-INVITE. */
  declined(status: number, now: Instant): readonly SessionOutput[] | undefined {
    if (this.#stage !== 'told') return undefined;
    const unknown = status === 405 || status === 501;
    if (unknown && this.updates) {
      this.updates = false;
      this.#stage = 'waiting';
      this.#sayTheLast(now);
    } else {
      // 503 is also what the engine makes of a recorder that cannot be reached any more.
      if (status === UNAVAILABLE) this.#loss ??= SILENT;
      this.#leave(now);
    }
    return this.#drain();
  }

  /** BYE was answered, or will not be. */
  left(): void {
    if (this.#stage === 'leaving') this.#stage = 'over';
  }

  /** The last metadata. When it holds no label, UPDATE can carry it without an offer (RFC 7866 §9.1). */
  #sayTheLast(now: Instant): void {
    if (this.#stage !== 'waiting') return;
    const metadata = this.negotiation.newsOf(this.conversation);
    if (!metadata) {
      this.#leave(now);
      return;
    }
    this.#stage = 'told';
    const alone = this.updates && metadata.streams.length === 0;
    if (alone) this.#out.push({ do: 'update', metadata });
    else this.#out.push({ do: 'reinvite', lines: this.lines.describe(), metadata });
  }

  #leave(now: Instant): void {
    if (this.#stage === 'leaving' || this.#stage === 'over') return;
    this.#stage = 'leaving';
    this.#timers.stop('last-update');
    this.#timers.set('last-answer', now + LAST_ANSWER);
    this.#out.push({ do: 'bye' });
  }

  #drain(): readonly SessionOutput[] {
    return this.#out.splice(0);
  }
}
