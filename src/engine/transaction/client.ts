import { type Instant, type Millis, TimerTable } from '../../core';
import { type ClientInput, type ClientOutput, NOTHING, type TransactionMachine } from './machine';
import { absorption, type TimerValues, transactionLifetime } from './timers';

/**
 * Non-INVITE client transaction: RFC 3261 §17.1.2.
 *
 *     start: send, E, F
 *         │
 *         ▼   E: send, double E up to T2
 *      Trying ───────────┐
 *         │ 1xx: report  │ 200-699: report, K
 *         ▼              ▼
 *    Proceeding ────▶ Completed ── K ──▶ Terminated
 *   E: send, E = T2                         ▲
 *         └──── F: timed-out, from Trying ──┘
 *               and Proceeding
 */
export class Client<Response>
  implements TransactionMachine<ClientInput<Response>, ClientOutput<Response>>
{
  readonly #timers = new TimerTable<'E' | 'F' | 'K'>();
  #state: 'initial' | 'trying' | 'proceeding' | 'completed' | 'terminated' = 'initial';
  #interval: Millis;

  constructor(
    private readonly values: TimerValues,
    private readonly reliable: boolean,
  ) {
    this.#interval = values.t1;
  }

  get state(): string {
    return this.#state;
  }

  get waitingFor(): string | undefined {
    return this.#timers.next()?.name;
  }

  get finished(): boolean {
    return this.#state === 'terminated';
  }

  nextDeadline(): Instant | undefined {
    return this.#timers.deadline;
  }

  handle(input: ClientInput<Response>, now: Instant): readonly ClientOutput<Response>[] {
    switch (input.kind) {
      case 'start':
        return this.#start(now);
      case 'response':
        return this.#response(input.status, input.response, now);
      case 'transport-failed':
        if (this.#state !== 'trying' && this.#state !== 'proceeding') return NOTHING;
        return [{ kind: 'failed' }, ...this.#terminate()];
      case 'cancelled':
        return NOTHING;
    }
  }

  tick(now: Instant): readonly ClientOutput<Response>[] {
    const outputs: ClientOutput<Response>[] = [];
    for (const timer of this.#timers.takeDue(now)) {
      switch (timer) {
        case 'E':
          this.#interval =
            this.#state === 'proceeding'
              ? this.values.t2
              : Math.min(this.#interval * 2, this.values.t2);
          this.#timers.set('E', now + this.#interval);
          outputs.push({ kind: 'transmit' });
          break;
        case 'F':
          return [{ kind: 'timed-out' }, ...this.#terminate()];
        case 'K':
          return this.#terminate();
      }
    }
    return outputs;
  }

  #start(now: Instant): readonly ClientOutput<Response>[] {
    if (this.#state !== 'initial') return NOTHING;
    this.#state = 'trying';
    if (!this.reliable) this.#timers.set('E', now + this.#interval);
    this.#timers.set('F', now + transactionLifetime(this.values));
    return [{ kind: 'transmit' }];
  }

  #response(status: number, response: Response, now: Instant): readonly ClientOutput<Response>[] {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return NOTHING;
    if (status < 200) {
      this.#state = 'proceeding';
      return [{ kind: 'report', response }];
    }
    this.#timers.stopAll();
    const linger = absorption(this.values, this.reliable);
    if (linger === 0) return [{ kind: 'report', response }, ...this.#terminate()];
    this.#state = 'completed';
    this.#timers.set('K', now + linger);
    return [{ kind: 'report', response }];
  }

  #terminate(): readonly ClientOutput<Response>[] {
    this.#state = 'terminated';
    this.#timers.stopAll();
    return [{ kind: 'terminated' }];
  }
}
