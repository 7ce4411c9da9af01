import { type Instant, type Millis, TimerTable } from '../../core';
import { type ClientInput, type ClientOutput, NOTHING, type TransactionMachine } from './machine';
import { type TimerValues, timerD, transactionLifetime } from './timers';

/**
 * INVITE client transaction: RFC 3261 §17.1.1 with the Accepted state of RFC 6026 §8.4.
 *
 *            start: send, A, B
 *                │
 *                ▼  A: send, double A
 *           ┌─Calling─┐────────── B ──▶ timed-out ─┐
 *       1xx │         │ 2xx: report, M             │
 *           ▼         ├──────────▶ Accepted ── M ──┤   2xx again: report
 *       Proceeding ───┤                            ├─▶ Terminated
 *   1xx: report       │ 300-699: ACK, report, D    │
 *                     └──────────▶ Completed ─ D ──┘   300-699 again: ACK
 *
 * A transport failure ends Calling and Completed; in Proceeding nothing is being sent, and the
 * answer may come over another connection. After CANCEL, 64·T1 without a final response ends
 * Proceeding (§9.1).
 */
export class InviteClient<Response>
  implements TransactionMachine<ClientInput<Response>, ClientOutput<Response>>
{
  readonly #timers = new TimerTable<'A' | 'B' | 'D' | 'M' | 'cancel'>();
  #state: 'initial' | 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated' =
    'initial';
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
        return this.#transportFailed();
      case 'cancelled':
        if (this.#state === 'proceeding') {
          this.#timers.set('cancel', now + transactionLifetime(this.values));
        }
        return NOTHING;
    }
  }

  tick(now: Instant): readonly ClientOutput<Response>[] {
    const outputs: ClientOutput<Response>[] = [];
    for (const timer of this.#timers.takeDue(now)) {
      switch (timer) {
        case 'A':
          this.#interval *= 2;
          this.#timers.set('A', now + this.#interval);
          outputs.push({ kind: 'transmit' });
          break;
        case 'B':
        case 'cancel':
          return [{ kind: 'timed-out' }, ...this.#terminate()];
        case 'D':
        case 'M':
          return this.#terminate();
      }
    }
    return outputs;
  }

  #start(now: Instant): readonly ClientOutput<Response>[] {
    if (this.#state !== 'initial') return NOTHING;
    this.#state = 'calling';
    if (!this.reliable) this.#timers.set('A', now + this.#interval);
    this.#timers.set('B', now + transactionLifetime(this.values));
    return [{ kind: 'transmit' }];
  }

  #response(status: number, response: Response, now: Instant): readonly ClientOutput<Response>[] {
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        if (status < 200) return this.#provisional(response);
        this.#timers.stopAll();
        if (status < 300) {
          this.#state = 'accepted';
          this.#timers.set('M', now + transactionLifetime(this.values));
          return [{ kind: 'report', response }];
        }
        return this.#complete(response, now);
      case 'completed':
        return status >= 300 ? [{ kind: 'acknowledge', response }] : NOTHING;
      case 'accepted':
        return status >= 200 && status < 300 ? [{ kind: 'report', response }] : NOTHING;
      case 'initial':
      case 'terminated':
        return NOTHING;
    }
  }

  #provisional(response: Response): readonly ClientOutput<Response>[] {
    this.#state = 'proceeding';
    this.#timers.stop('A');
    this.#timers.stop('B');
    return [{ kind: 'report', response }];
  }

  #complete(response: Response, now: Instant): readonly ClientOutput<Response>[] {
    const outputs: ClientOutput<Response>[] = [
      { kind: 'acknowledge', response },
      { kind: 'report', response },
    ];
    const linger = timerD(this.values, this.reliable);
    if (linger === 0) return [...outputs, ...this.#terminate()];
    this.#state = 'completed';
    this.#timers.set('D', now + linger);
    return outputs;
  }

  #transportFailed(): readonly ClientOutput<Response>[] {
    switch (this.#state) {
      case 'calling':
        return [{ kind: 'failed' }, ...this.#terminate()];
      case 'completed':
        // Only the ACK could not be sent; the user has its final response.
        return this.#terminate();
      case 'initial':
      case 'proceeding':
      case 'accepted':
      case 'terminated':
        return NOTHING;
    }
  }

  #terminate(): readonly ClientOutput<Response>[] {
    this.#state = 'terminated';
    this.#timers.stopAll();
    return [{ kind: 'terminated' }];
  }
}
