import type { Cancel, Millis } from '../../core';
import type { Header, SipResponse } from '../message';
import type { ServerTransaction } from '../transaction';
import { type Application, type Ids, REFUSALS, type Reply, refused } from './application';
import { answer, composeResponse } from './compose';
import type { Ground, PendingRequest } from './ground';
import { type AppMessage, type AppResponse, isResponse } from './text';

/** What a kind of request adds to the common course. */
export interface RequestHooks {
  /** Headers of the engine's own for the application's response. */
  readonly extra?: (message: AppResponse) => readonly Header[];
  /** A response was sent: the application's, or the engine's when nobody answered. */
  readonly answered?: (response: SipResponse, message: AppResponse | undefined) => void;
  /** The engine's own answer when the application gives none; 504 if not said. */
  readonly status?: number;
}

/** A request other than INVITE from the network that waits for its application's final response. */
export class IncomingRequest implements PendingRequest {
  readonly transactionId: string;
  #stopTimer: Cancel;

  constructor(
    private readonly ground: Ground,
    readonly transaction: ServerTransaction,
    readonly owner: Application,
    private readonly dialogId: string,
    private readonly hooks: RequestHooks = {},
  ) {
    this.transactionId = ground.ids.uuid();
    ground.waiting.requests.set(this.transactionId, this);
    this.#stopTimer = this.#answerAfter(ground.limits.application);
  }

  begin(): void {
    const { request, inbound } = this.transaction;
    this.owner.request(request, inbound, this.#ids);
  }

  respond(message: AppMessage, reply: Reply): void {
    const { ground, transaction, hooks } = this;
    if (!isResponse(message)) {
      reply(refused(REFUSALS.badResponse));
      return;
    }
    const final = message.start.status >= 200;
    if (final) this.close();
    else this.#wait();
    const extra = hooks.extra?.(message) ?? [];
    const response = composeResponse(ground, transaction, message, extra);
    const { protocol, address, port } = transaction.inbound.source;
    const sent = { bytes: transaction.respond(response), protocol, address, port };
    hooks.answered?.(response, message);
    if (final) transaction.settle();
    // The dialog of a BYE is gone already; applications are used to see none (section 3.4.1).
    const ids = transaction.method === 'BYE' ? { ...this.#ids, dialogId: '' } : this.#ids;
    reply({ kind: 'response-sent', sent, ids });
  }

  applicationLost(): void {
    this.#answerAlone(this.hooks.status ?? 503);
  }

  /** It waits for its application no longer. */
  close(): void {
    this.#stopTimer();
    this.ground.waiting.requests.delete(this.transactionId);
  }

  /** Answered, or handed over to be proxied. */
  handOver(): void {
    this.close();
  }

  get #ids(): Ids {
    return { transactionId: this.transactionId, dialogId: this.dialogId };
  }

  /** A provisional response: it is worked on, for as long as anybody may wait for it (timer F). */
  #wait(): void {
    this.#stopTimer();
    this.#stopTimer = this.#answerAfter(64 * this.ground.timers.t1);
  }

  #answerAfter(delay: Millis): Cancel {
    const { clock, counts } = this.ground;
    return clock.after(delay, () => {
      counts.applicationTimeouts += 1;
      this.#answerAlone(this.hooks.status ?? 504);
    });
  }

  #answerAlone(status: number): void {
    this.close();
    const response = answer(this.ground, this.transaction, status);
    this.transaction.respond(response);
    this.hooks.answered?.(response, undefined);
    this.transaction.settle();
  }
}
