import { type Instant, type Millis, TimerTable } from '../../core';
import { NOTHING, type ServerInput, type ServerOutput, type TransactionMachine } from './machine';
import { absorption, type TimerValues, transactionLifetime } from './timers';

type State<Reply> =
  | { readonly name: 'proceeding'; readonly provisional: Reply | undefined }
  | { readonly name: 'completed'; readonly final: Reply; interval: Millis }
  | { readonly name: 'confirmed' }
  | { readonly name: 'accepted' }
  | { readonly name: 'terminated' };

/**
 * INVITE server transaction: RFC 3261 §17.2.1 with the Accepted state of RFC 6026 §8.3. The user
 * sends 100 at once, so that the transaction needs no timer for it.
 *
 *              1xx: send; INVITE: send last 1xx
 *                        │
 *                   Proceeding ─── 2xx: send, L ──▶ Accepted ─── L ──────────┐
 *                        │                          2xx: send; INVITE: absorb│
 *        300-699: send, G, H                        ACK: report              │
 *                        ▼                                                   ▼
 *   G, INVITE: send  Completed ─── H ──▶ unacknowledged ───────────────▶ Terminated
 *                        │ ACK, I                                            ▲
 *                        ▼                                                   │
 *                    Confirmed ─── I ────────────────────────────────────────┘
 *
 * A transport failure does not end it: a retransmitted INVITE still finds its answer, and the user
 * learns of it (RFC 6026 §7.1).
 */
export class InviteServer<Reply, Request>
  implements TransactionMachine<ServerInput<Reply, Request>, ServerOutput<Reply, Request>>
{
  readonly #timers = new TimerTable<'G' | 'H' | 'I' | 'L'>();
  #state: State<Reply> = { name: 'proceeding', provisional: undefined };

  constructor(
    private readonly values: TimerValues,
    private readonly reliable: boolean,
  ) {}

  get state(): string {
    return this.#state.name;
  }

  get waitingFor(): string | undefined {
    return this.#timers.next()?.name;
  }

  get finished(): boolean {
    return this.#state.name === 'terminated';
  }

  nextDeadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  handle(
    input: ServerInput<Reply, Request>,
    now: Instant,
  ): readonly ServerOutput<Reply, Request>[] {
    switch (input.kind) {
      case 'retransmission':
        return this.#retransmission();
      case 'ack':
        return this.#ack(input.request, now);
      case 'respond':
        return this.#respond(input.status, input.reply, now);
      case 'transport-failed':
        return this.#state.name === 'terminated' ? NOTHING : [{ kind: 'failed' }];
    }
  }

  tick(now: Instant): readonly ServerOutput<Reply, Request>[] {
    const outputs: ServerOutput<Reply, Request>[] = [];
    for (const timer of this.#timers.takeDue(now)) {
      switch (timer) {
        case 'G':
          if (this.#state.name !== 'completed') break;
          this.#state.interval = Math.min(this.#state.interval * 2, this.values.t2);
          this.#timers.set('G', now + this.#state.interval);
          outputs.push({ kind: 'transmit', reply: this.#state.final });
          break;
        case 'H':
          return [{ kind: 'unacknowledged' }, ...this.#terminate()];
        case 'I':
        case 'L':
          return this.#terminate();
      }
    }
    return outputs;
  }

  #retransmission(): readonly ServerOutput<Reply, Request>[] {
    switch (this.#state.name) {
      case 'proceeding':
        if (this.#state.provisional === undefined) return NOTHING;
        return [{ kind: 'transmit', reply: this.#state.provisional }];
      case 'completed':
        return [{ kind: 'transmit', reply: this.#state.final }];
      case 'accepted':
      case 'confirmed':
      case 'terminated':
        return NOTHING;
    }
  }

  #ack(request: Request, now: Instant): readonly ServerOutput<Reply, Request>[] {
    switch (this.#state.name) {
      case 'completed': {
        this.#timers.stopAll();
        const linger = absorption(this.values, this.reliable);
        if (linger === 0) return this.#terminate();
        this.#state = { name: 'confirmed' };
        this.#timers.set('I', now + linger);
        return NOTHING;
      }
      case 'accepted':
        return [{ kind: 'report-ack', request }];
      case 'proceeding':
      case 'confirmed':
      case 'terminated':
        return NOTHING;
    }
  }

  #respond(status: number, reply: Reply, now: Instant): readonly ServerOutput<Reply, Request>[] {
    switch (this.#state.name) {
      case 'proceeding':
        return this.#answer(status, reply, now);
      case 'accepted':
        // The user repeats its 2xx until the ACK comes (§13.3.1.4).
        return status >= 200 && status < 300 ? [{ kind: 'transmit', reply }] : NOTHING;
      case 'completed':
      case 'confirmed':
      case 'terminated':
        return NOTHING;
    }
  }

  #answer(status: number, reply: Reply, now: Instant): readonly ServerOutput<Reply, Request>[] {
    if (status < 200) {
      this.#state = { name: 'proceeding', provisional: reply };
    } else if (status < 300) {
      this.#state = { name: 'accepted' };
      this.#timers.set('L', now + transactionLifetime(this.values));
    } else {
      this.#state = { name: 'completed', final: reply, interval: this.values.t1 };
      if (!this.reliable) this.#timers.set('G', now + this.values.t1);
      this.#timers.set('H', now + transactionLifetime(this.values));
    }
    return [{ kind: 'transmit', reply }];
  }

  #terminate(): readonly ServerOutput<Reply, Request>[] {
    this.#state = { name: 'terminated' };
    this.#timers.stopAll();
    return [{ kind: 'terminated' }];
  }
}
