import { type Instant, TimerTable } from '../../core';
import { NOTHING, type ServerInput, type ServerOutput, type TransactionMachine } from './machine';
import { type TimerValues, transactionLifetime } from './timers';

type State<Reply> =
  | { readonly name: 'trying' }
  | { readonly name: 'proceeding'; readonly provisional: Reply }
  | { readonly name: 'completed'; readonly final: Reply }
  | { readonly name: 'terminated' };

/**
 * Non-INVITE server transaction: RFC 3261 §17.2.2.
 *
 *   Trying ── 1xx: send ──▶ Proceeding           request: send last 1xx
 *     │                         │
 *     └──── 200-699: send, J ───┴──▶ Completed   request: send final
 *                                        │ J
 *                                        ▼
 *                                    Terminated
 */
export class Server<Reply, Request>
  implements TransactionMachine<ServerInput<Reply, Request>, ServerOutput<Reply, Request>>
{
  readonly #timers = new TimerTable<'J'>();
  #state: State<Reply> = { name: 'trying' };

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
      case 'respond':
        return this.#respond(input.status, input.reply, now);
      case 'transport-failed':
        return this.#state.name === 'terminated' ? NOTHING : [{ kind: 'failed' }];
      case 'ack':
        return NOTHING;
    }
  }

  tick(now: Instant): readonly ServerOutput<Reply, Request>[] {
    return this.#timers.takeDue(now).length > 0 ? this.#terminate() : NOTHING;
  }

  #retransmission(): readonly ServerOutput<Reply, Request>[] {
    switch (this.#state.name) {
      case 'proceeding':
        return [{ kind: 'transmit', reply: this.#state.provisional }];
      case 'completed':
        return [{ kind: 'transmit', reply: this.#state.final }];
      case 'trying':
      case 'terminated':
        return NOTHING;
    }
  }

  #respond(status: number, reply: Reply, now: Instant): readonly ServerOutput<Reply, Request>[] {
    if (this.#state.name !== 'trying' && this.#state.name !== 'proceeding') return NOTHING;
    if (status < 200) {
      this.#state = { name: 'proceeding', provisional: reply };
      return [{ kind: 'transmit', reply }];
    }
    if (this.reliable) return [{ kind: 'transmit', reply }, ...this.#terminate()];
    this.#state = { name: 'completed', final: reply };
    this.#timers.set('J', now + transactionLifetime(this.values));
    return [{ kind: 'transmit', reply }];
  }

  #terminate(): readonly ServerOutput<Reply, Request>[] {
    this.#state = { name: 'terminated' };
    this.#timers.stopAll();
    return [{ kind: 'terminated' }];
  }
}
