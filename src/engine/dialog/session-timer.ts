import type { Instant, Machine } from '../../core';
import { TimerTable } from '../../core';

/** A session interval in force: RFC 4028. */
export interface Session {
  readonly seconds: number;
  readonly refresher: 'us' | 'them';
}

export type SessionInput =
  /** A 2xx to INVITE or UPDATE set this session, or (undefined) ended the use of the timer. */
  | { readonly kind: 'session'; readonly session: Session | undefined }
  /** Our refresh failed with this status; 408 also stands for no answer. */
  | { readonly kind: 'refresh-failed'; readonly status: number };

export type SessionOutput =
  | { readonly kind: 'refresh' }
  /** The dialog is to be ended with BYE. */
  | { readonly kind: 'expired' };

/**
 * Session timer of one dialog: RFC 4028 §7.2, §10.
 *
 *            session: refresher us                 refresh-failed 408, 481 ─────┐
 *   Off ────────────────────────────▶ Refreshing ─ half: refresh                │
 *    ▲       session: refresher them     │   ▲ └─ other failure: try again ─┐   ▼
 *    │  └──────────────────────────▶ Waiting │◀─────────────────────────────┘ expired
 *    └── session: none ─────────────────┴────┘    end of interval ──────────────▲
 *
 * The interval ends early by a third of itself or 32 s, whichever is less, so that BYE still
 * precedes what proxies on the way do (§10).
 */
export class SessionTimer implements Machine<SessionInput, SessionOutput> {
  readonly #timers = new TimerTable<'refresh' | 'expiry'>();
  #session: Session | undefined;

  get session(): Session | undefined {
    return this.#session;
  }

  nextDeadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  handle(input: SessionInput, now: Instant): readonly SessionOutput[] {
    switch (input.kind) {
      case 'session':
        this.#begin(input.session, now);
        return [];
      case 'refresh-failed':
        return this.#refreshFailed(input.status, now);
    }
  }

  tick(now: Instant): readonly SessionOutput[] {
    const [first] = this.#timers.takeDue(now);
    if (first === 'refresh') return [{ kind: 'refresh' }];
    if (first === undefined) return [];
    return this.#expire();
  }

  #begin(session: Session | undefined, now: Instant): void {
    this.#timers.stopAll();
    this.#session = session;
    if (!session) return;
    const length = Math.min(session.seconds, LONGEST_S) * 1000;
    this.#timers.set('expiry', now + length - Math.min(32_000, length / 3));
    if (session.refresher === 'us') this.#timers.set('refresh', now + length / 2);
  }

  #refreshFailed(status: number, now: Instant): readonly SessionOutput[] {
    if (!this.#session) return [];
    if (status === 408 || status === 481) return this.#expire();
    this.#timers.set('refresh', now + RETRY_MS);
    return [];
  }

  #expire(): readonly SessionOutput[] {
    this.#timers.stopAll();
    this.#session = undefined;
    return [{ kind: 'expired' }];
  }
}

/** A day: what is asked beyond it is checked after a day. */
const LONGEST_S = 86_400;
/** Glare and passing trouble are over after a few seconds (RFC 3261 §14.1: at most 4 s for 491). */
const RETRY_MS = 4_000;
