import type { Instant, Machine, Millis } from '../../core';
import { Repetition } from './repetition';

export type ReliableInput<Reply> =
  /** A provisional response to send reliably, its RSeq given by `nextRSeq`. */
  | { readonly kind: 'send'; readonly rseq: number; readonly reply: Reply }
  /** The PRACK came: repeating ends. */
  | { readonly kind: 'prack'; readonly rseq: number }
  /** The PRACK was answered: what waited behind it may go. */
  | { readonly kind: 'prack-answered' }
  /** The final response was sent, or the INVITE is gone. */
  | { readonly kind: 'stop' };

export type ReliableOutput<Reply> =
  | { readonly kind: 'transmit'; readonly reply: Reply }
  /** Everything sent so far was acknowledged: a held 2xx may go (RFC 3262 §3). */
  | { readonly kind: 'settled' }
  /** No PRACK for 64·T1: the INVITE is to be refused with 5xx. */
  | { readonly kind: 'unacknowledged' };

/** At most this many provisional responses wait behind an unacknowledged one. */
const MAX_QUEUED = 32;

/**
 * Reliable provisional responses of one INVITE, callee's side: RFC 3262 §3. One at a time is on
 * its way; the next waits until the PRACK of the one before was answered, so that the caller gets
 * the 200 to its PRACK first.
 *
 *     Idle ── send: transmit ──▶ Waiting ── T1, doubling: transmit
 *      ▲                          │   │
 *      │               prack      │   └── 64·T1 ──▶ unacknowledged, Idle
 *      │                          ▼
 *      └─ answered: settled ── Answering ── answered, with a queue: transmit ──▶ Waiting
 */
export class ReliableProvisionals<Reply>
  implements Machine<ReliableInput<Reply>, ReliableOutput<Reply>>
{
  #waiting: { rseq: number; reply: Reply; repetition: Repetition } | undefined;
  #answering = false;
  readonly #queue: { rseq: number; reply: Reply }[] = [];
  #rseq: number;

  /** `firstRSeq` is random in 1 .. 2^31 - 1, as §3 wants it. */
  constructor(
    firstRSeq: number,
    private readonly t1: Millis,
  ) {
    this.#rseq = firstRSeq - 1;
  }

  /** Whether a PRACK, or the answer to one, is still owed. */
  get pending(): boolean {
    return this.#waiting !== undefined || this.#answering;
  }

  /** Whether another response can still be taken. */
  get open(): boolean {
    return this.#queue.length < MAX_QUEUED;
  }

  /** Takes the next number; each is used for one response. */
  nextRSeq(): number {
    this.#rseq += 1;
    return this.#rseq;
  }

  /** Whether a PRACK with this number acknowledges what is on its way. */
  matches(rseq: number): boolean {
    return this.#waiting?.rseq === rseq;
  }

  nextDeadline(): Instant | undefined {
    return this.#waiting?.repetition.nextDeadline;
  }

  handle(input: ReliableInput<Reply>, now: Instant): readonly ReliableOutput<Reply>[] {
    switch (input.kind) {
      case 'send':
        if (this.pending) {
          this.#queue.push(input);
          return [];
        }
        return this.#transmit(input, now);
      case 'prack':
        if (!this.matches(input.rseq)) return [];
        this.#waiting = undefined;
        this.#answering = true;
        return [];
      case 'prack-answered': {
        if (!this.#answering) return [];
        this.#answering = false;
        const next = this.#queue.shift();
        return next ? this.#transmit(next, now) : [{ kind: 'settled' }];
      }
      case 'stop':
        this.#stop();
        return [];
    }
  }

  tick(now: Instant): readonly ReliableOutput<Reply>[] {
    const waiting = this.#waiting;
    switch (waiting?.repetition.tick(now)) {
      case 'repeat':
        return [{ kind: 'transmit', reply: waiting!.reply }];
      case 'give-up':
        this.#stop();
        return [{ kind: 'unacknowledged' }];
      case 'wait':
      case undefined:
        return [];
    }
  }

  #transmit(
    response: { rseq: number; reply: Reply },
    now: Instant,
  ): readonly ReliableOutput<Reply>[] {
    // §3 sets no ceiling on the interval.
    const repetition = new Repetition(now, this.t1, Number.POSITIVE_INFINITY, 64 * this.t1);
    this.#waiting = { ...response, repetition };
    return [{ kind: 'transmit', reply: response.reply }];
  }

  #stop(): void {
    this.#waiting = undefined;
    this.#answering = false;
    this.#queue.length = 0;
  }
}

/**
 * The caller's side, RFC 3262 §4: which reliable provisional responses of one early dialog are new.
 * One seen before is a retransmission; one that skips a number is not to be processed.
 */
export class ReliableSequence {
  #last: number | undefined;
  #acknowledged = false;

  /** The number of the last one taken: what a PRACK now acknowledges. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Whether the last one taken bears that number, and no PRACK was sent for it. */
  owes(rseq: number): boolean {
    return this.#last === rseq && !this.#acknowledged;
  }

  take(rseq: number): boolean {
    if (this.#last !== undefined && rseq !== this.#last + 1) return false;
    this.#last = rseq;
    this.#acknowledged = false;
    return true;
  }

  /** A PRACK for the last one is on its way. */
  acknowledge(): void {
    this.#acknowledged = true;
  }
}
