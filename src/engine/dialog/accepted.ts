import type { Instant, Machine, Millis } from '../../core';
import { Repetition } from './repetition';

export type AcceptedInput<Reply> =
  | { readonly kind: 'sent'; readonly reply: Reply }
  | { readonly kind: 'acknowledged' };

export type AcceptedOutput<Reply> =
  | { readonly kind: 'transmit'; readonly reply: Reply }
  /** 64·T1 without ACK: the session is to be ended (RFC 3261 §13.3.1.4). */
  | { readonly kind: 'unacknowledged' };

/**
 * A 2xx to INVITE, repeated by its sender until the ACK: RFC 3261 §13.3.1.4. On every transport,
 * because a proxy further on may use UDP.
 *
 *     sent ──▶ Waiting ── T1 doubling to T2: transmit
 *                │  └──── 64·T1 ──▶ unacknowledged, Done
 *                └─ acknowledged ──▶ Done
 */
export class Accepted<Reply> implements Machine<AcceptedInput<Reply>, AcceptedOutput<Reply>> {
  #waiting: { reply: Reply; repetition: Repetition } | undefined;

  constructor(
    private readonly t1: Millis,
    private readonly t2: Millis,
  ) {}

  get pending(): boolean {
    return this.#waiting !== undefined;
  }

  nextDeadline(): Instant | undefined {
    return this.#waiting?.repetition.nextDeadline;
  }

  handle(input: AcceptedInput<Reply>, now: Instant): readonly AcceptedOutput<Reply>[] {
    switch (input.kind) {
      case 'sent':
        this.#waiting = {
          reply: input.reply,
          repetition: new Repetition(now, this.t1, this.t2, 64 * this.t1),
        };
        return [];
      case 'acknowledged':
        this.#waiting = undefined;
        return [];
    }
  }

  tick(now: Instant): readonly AcceptedOutput<Reply>[] {
    const waiting = this.#waiting;
    switch (waiting?.repetition.tick(now)) {
      case 'repeat':
        return [{ kind: 'transmit', reply: waiting!.reply }];
      case 'give-up':
        this.#waiting = undefined;
        return [{ kind: 'unacknowledged' }];
      case 'wait':
      case undefined:
        return [];
    }
  }
}
