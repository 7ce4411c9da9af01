import type { Cancel, Millis } from '../../core';
import { cancelOf, type SipResponse } from '../message';
import type { ClientFailure, ClientTransaction, InboundResponse } from '../transaction';
import type { Draft } from './draft';
import type { Ground } from './ground';
import type { Leaving, SendUser } from './journey';

/** What a target tells the proxy it belongs to. */
export interface TargetUser {
  onProvisional(response: SipResponse): void;
  onSuccess(target: ProxyTarget, inbound: InboundResponse): void;
  /** Final, and no success: a response, or the status that stands for its absence. */
  onFailure(target: ProxyTarget, inbound: InboundResponse | number): void;
}

export interface TargetTimeouts {
  readonly provisional: Millis | undefined;
  readonly final: Millis;
}

/** One place a request is proxied to: a branch of RFC 3261 §16.6. */
export class ProxyTarget implements SendUser {
  #transaction: ClientTransaction | undefined;
  #phase: 'calling' | 'proceeding' | 'over' = 'calling';
  #cancel: 'none' | 'held' | 'sent' = 'none';
  #stopTimer: Cancel = () => {};

  constructor(
    private readonly ground: Ground,
    private readonly user: TargetUser,
    private readonly timeouts: TargetTimeouts,
  ) {}

  send(draft: Draft): void {
    this.ground.sender.send(draft, this, (departure) => {
      if (!departure.ok) {
        this.#over();
        this.user.onFailure(this, departure.why === 'to-myself' ? 482 : 503);
        return;
      }
      this.#transaction = departure.transaction;
      this.#giveUpAfter(this.timeouts.provisional ?? this.timeouts.final);
    });
  }

  /** Nobody waits for its answer any more. */
  cancel(): void {
    if (this.#phase === 'over' || this.#cancel !== 'none') return;
    this.#cancel = 'held';
    if (this.#phase === 'proceeding') this.#sendCancel();
  }

  onRetry({ transaction }: Leaving): void {
    this.#transaction = transaction;
  }

  mayRetry(): boolean {
    return this.#cancel === 'none';
  }

  onResponse(inbound: InboundResponse): void {
    const { status } = inbound.message;
    if (status < 200) {
      this.#onProvisional(inbound.message);
      return;
    }
    const repeated = this.#phase === 'over';
    this.#over();
    // A 2xx to INVITE goes up each time it comes: §16.7 step 5.
    if (status < 300) this.user.onSuccess(this, inbound);
    else if (!repeated) this.user.onFailure(this, inbound);
  }

  onFailure(failure: ClientFailure): void {
    if (this.#phase === 'over') return;
    this.#over();
    this.user.onFailure(this, failure === 'timed-out' ? 408 : 503);
  }

  #onProvisional(response: SipResponse): void {
    if (this.#phase === 'calling') {
      this.#phase = 'proceeding';
      if (this.#cancel === 'held') this.#sendCancel();
    }
    // Timer C begins again with each provisional response above 100 (§16.7 step 2).
    this.#giveUpAfter(this.timeouts.final);
    if (response.status > 100) this.user.onProvisional(response);
  }

  #giveUpAfter(delay: Millis): void {
    this.#stopTimer();
    this.#stopTimer = this.ground.clock.after(delay, () => {
      if (this.#phase === 'over') return;
      this.cancel();
      this.#over();
      this.user.onFailure(this, 408);
    });
  }

  #sendCancel(): void {
    const transaction = this.#transaction;
    if (transaction?.method !== 'INVITE') return;
    this.#cancel = 'sent';
    const nobody = { onResponse: () => {}, onFailure: () => {} };
    this.ground.layer.start(cancelOf(transaction.request), transaction.destination, nobody);
    transaction.cancelled();
  }

  #over(): void {
    this.#phase = 'over';
    this.#stopTimer();
  }
}
