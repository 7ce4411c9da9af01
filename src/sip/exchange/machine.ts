import { type Instant, type Machine, type Millis, TimerTable } from '../../core';
import type { CallSide } from '../call/signals';

/**
 * One offer and answer at a time, from end to end: RFC 3264 §4, RFC 3261 §14, RFC 3311 §5.
 *
 * ```
 *        offered           answered             ACK of the one who asked
 *  idle ─────────▶ relayed ────────▶ confirming ─────────────▶ idle
 *    ▲               │ 491   ▲            (re-INVITE accepted)
 *    │               ▼       │ timer
 *    └── failed ── backoff ──┘
 *
 *        notice due           answered, or not
 *  idle ───────────▶ telling ────────────────▶ idle
 * ```
 *
 * A second offer meets RFC 3261 §14.2: from the same side 500 with Retry-After, from the other 491. When
 * the other end answers ours 491, it is tried again by the timers of §14.1 while the one who asked
 * waits, and the 491 is passed on only when that did not help. What comes between a 2xx and the ACK
 * of the one who asked waits for that ACK, for a re-INVITE would be too early there (§14.1); so it is
 * with the initial INVITE, from the callee's 2xx on.
 *
 * A notice is an offer of our own, of what each side knows already, that tells it of the recording
 * (RFC 7866 §7.1.2). It waits until nothing else is under way, and however many become due meanwhile, one is
 * sent, of what is true then. After a 491 it waits by §14.1, and lets others go first; any other failure ends it.
 */
export class ExchangeMachine implements Machine<ExchangeInput, ExchangeOutput> {
  #state: ExchangeState;
  #parked: Offered | undefined;
  /** Sides that are to be told something, and how often each has answered 491. */
  readonly #due = new Map<CallSide, number>();
  readonly #timers = new TimerTable<'retry' | CallSide>();

  /**
   * @param random a number in [0, 1)
   * @param begun the exchange of the initial INVITE, when it is still under way
   */
  constructor(
    private readonly random: () => number,
    begun?: 'initial',
  ) {
    this.#state = begun ? { kind: 'initial' } : { kind: 'idle' };
  }

  get state(): ExchangeState {
    return this.#state;
  }

  nextDeadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  handle(input: ExchangeInput, now: Instant): readonly ExchangeOutput[] {
    switch (input.kind) {
      case 'offered':
        return this.#onOffered(input);
      case 'answered':
        return this.#onAnswered(input.id, input.status, now);
      case 'confirmed':
        return this.#onConfirmed(input.side);
      case 'withdrawn':
        return this.#onWithdrawn(input.id);
      case 'settled':
        return this.#state.kind === 'initial' ? this.#release() : [];
      case 'accepted':
        return this.#onAccepted();
      case 'notice':
        for (const side of SIDES) this.#due.set(side, 0);
        return this.#tell();
      case 'told':
        return this.#onTold(input.side, input.status, now);
    }
  }

  tick(now: Instant): readonly ExchangeOutput[] {
    const due = this.#timers.takeDue(now);
    if (!due.includes('retry') || this.#state.kind !== 'backoff') return this.#tell();
    const { offer, tries } = this.#state;
    this.#state = { kind: 'relayed', offer, tries: tries + 1 };
    return [{ kind: 'relay', id: offer.id }];
  }

  #onOffered(offer: Offered): readonly ExchangeOutput[] {
    const state = this.#state;
    switch (state.kind) {
      case 'idle':
        this.#state = { kind: 'relayed', offer, tries: 1 };
        return [{ kind: 'relay', id: offer.id }];
      case 'confirming':
        if (this.#parked) return [this.#refuse(offer, this.#parked.from)];
        this.#parked = offer;
        return [];
      case 'telling':
        // The one who is told has crossed our offer.
        if (state.waiting.has(offer.from)) return [this.#refuse(offer, undefined)];
        if (this.#parked) return [this.#refuse(offer, this.#parked.from)];
        this.#parked = offer;
        return [];
      case 'initial':
        return [this.#refuse(offer, 'caller')];
      case 'relayed':
      case 'backoff':
        return [this.#refuse(offer, state.offer.from)];
    }
  }

  #onAnswered(id: number, status: number, now: Instant): readonly ExchangeOutput[] {
    const state = this.#state;
    if (state.kind !== 'relayed' || state.offer.id !== id) return [];
    const { offer, tries } = state;
    if (status === REQUEST_PENDING && tries < MOST_TRIES) {
      this.#state = { kind: 'backoff', offer, tries };
      this.#timers.set('retry', now + this.#pause(offer.from));
      return [];
    }
    if (status < 300 && offer.method === 'INVITE') {
      this.#state = { kind: 'confirming', from: offer.from, id };
      return [{ kind: 'pass', id }];
    }
    return [{ kind: 'pass', id }, ...this.#release()];
  }

  #onAccepted(): readonly ExchangeOutput[] {
    const { kind } = this.#state;
    if (kind === 'initial' || kind === 'idle') {
      this.#state = { kind: 'confirming', from: 'caller', id: undefined };
    }
    return [];
  }

  #onConfirmed(side: CallSide): readonly ExchangeOutput[] {
    const state = this.#state;
    if (state.kind !== 'confirming' || state.from !== side) return [];
    const { id } = state;
    const acknowledged = id === undefined ? [] : [{ kind: 'acknowledge', id } as const];
    return [...acknowledged, ...this.#release()];
  }

  /** The one who asked has cancelled. What was relayed still gets its answer, and is undone. */
  #onWithdrawn(id: number): readonly ExchangeOutput[] {
    const state = this.#state;
    if (this.#parked?.id === id) {
      this.#parked = undefined;
      return [];
    }
    if (state.kind !== 'backoff' || state.offer.id !== id) return [];
    this.#timers.stop('retry');
    return this.#release();
  }

  #onTold(side: CallSide, status: number, now: Instant): readonly ExchangeOutput[] {
    const state = this.#state;
    if (state.kind !== 'telling' || !state.waiting.delete(side)) return [];
    const tries = state.tries.get(side)! + 1;
    const another = this.#due.has(side);
    if (status === REQUEST_PENDING && (another || tries < MOST_TRIES)) {
      if (!another) this.#due.set(side, tries);
      this.#timers.set(side, now + this.#pause(side === 'caller' ? 'callee' : 'caller'));
    }
    return state.waiting.size === 0 ? this.#release() : [];
  }

  #tell(): readonly ExchangeOutput[] {
    if (this.#state.kind !== 'idle') return [];
    const now = SIDES.filter((side) => this.#due.has(side) && !this.#timers.has(side));
    if (now.length === 0) return [];
    const tries = new Map(now.map((side) => [side, this.#due.get(side)!]));
    for (const side of now) this.#due.delete(side);
    this.#state = { kind: 'telling', waiting: new Set(now), tries };
    return now.map((side) => ({ kind: 'tell', side }));
  }

  #release(): readonly ExchangeOutput[] {
    this.#state = { kind: 'idle' };
    const next = this.#parked;
    this.#parked = undefined;
    return next ? this.#onOffered(next) : this.#tell();
  }

  #refuse(offer: Offered, pendingFrom: CallSide | undefined): ExchangeOutput {
    if (offer.from !== pendingFrom)
      return { kind: 'refuse', id: offer.id, status: REQUEST_PENDING };
    const retryAfterS = Math.floor(this.random() * 11);
    return { kind: 'refuse', id: offer.id, status: 500, retryAfterS };
  }

  /** RFC 3261 §14.1: longer for the one whose Call-ID it is, and that is us on the callee's leg. */
  #pause(from: CallSide): Millis {
    const [least, most] = from === 'caller' ? [2_100, 4_000] : [0, 2_000];
    return least + Math.floor(this.random() * ((most - least) / 10 + 1)) * 10;
  }
}

const SIDES: readonly CallSide[] = ['caller', 'callee'];
const REQUEST_PENDING = 491;
const MOST_TRIES = 3;

export interface Offered {
  readonly kind: 'offered';
  readonly id: number;
  readonly from: CallSide;
  readonly method: 'INVITE' | 'UPDATE';
}

export type ExchangeInput =
  | Offered
  /** The other end's final answer. */
  | { readonly kind: 'answered'; readonly id: number; readonly status: number }
  /** The ACK of this side came. */
  | { readonly kind: 'confirmed'; readonly side: CallSide }
  | { readonly kind: 'withdrawn'; readonly id: number }
  /** The initial INVITE's offer has its answer, before the INVITE has. */
  | { readonly kind: 'settled' }
  /** The callee has accepted the initial INVITE: the caller is told, and has its ACK to send. */
  | { readonly kind: 'accepted' }
  /** What the sides are told of the recording may have changed. */
  | { readonly kind: 'notice' }
  /** How a side has answered a notice; 200 also when there was nothing to tell it. */
  | { readonly kind: 'told'; readonly side: CallSide; readonly status: number };

export type ExchangeOutput =
  /** Send the request to the other side. Again, after a 491. */
  | { readonly kind: 'relay'; readonly id: number }
  /** Give the other end's answer to the one who asked. */
  | { readonly kind: 'pass'; readonly id: number }
  /** The ACK has come, to be passed on where that has waited for it. */
  | { readonly kind: 'acknowledge'; readonly id: number }
  | {
      readonly kind: 'refuse';
      readonly id: number;
      readonly status: number;
      readonly retryAfterS?: number;
    }
  /** Offer this side what it knows, with what is true of the recording now. */
  | { readonly kind: 'tell'; readonly side: CallSide };

export type ExchangeState =
  | { readonly kind: 'initial' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'relayed'; readonly offer: Offered; readonly tries: number }
  | { readonly kind: 'backoff'; readonly offer: Offered; readonly tries: number }
  /** Notices are under way to these sides. */
  | {
      readonly kind: 'telling';
      readonly waiting: Set<CallSide>;
      readonly tries: ReadonlyMap<CallSide, number>;
    }
  /** The ACK of `from` is waited for; without `id` the one to the initial INVITE. */
  | { readonly kind: 'confirming'; readonly from: CallSide; readonly id: number | undefined };
