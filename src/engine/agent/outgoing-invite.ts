import type { Cancel } from '../../core';
import { Dialog, sessionOf } from '../dialog';
import {
  cancelOf,
  type Header,
  header,
  required,
  responseTo,
  rseq,
  serialize,
  toTag,
  withoutHeaders,
} from '../message';
import type { ClientFailure, ClientTransaction, InboundResponse } from '../transaction';
import { transactionLifetime } from '../transaction';
import { acknowledge, acknowledgeAndBye } from './acknowledge';
import { type Ids, REFUSALS, type Reply, refused } from './application';
import { contentTypeOf } from './compose';
import { type Draft, sentFrom } from './draft';
import type { Fork } from './fork';
import type { Cancellable, Ground } from './ground';
import type { Departure, Leaving, SendUser } from './journey';
import type { Leg, LegInvite, TakesAck } from './leg';
import { endIfLost } from './lost-dialog';
import type { OneWay } from './one-way';
import type { AppMessage } from './text';

/** Of a CANCEL, the application chooses what says why; the rest is the INVITE's (§9.1). */
const NOT_IN_CANCEL = [
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'P-Asserted-Identity',
  'Max-Forwards',
  'Require',
  'Content-Type',
] as const;

const MAX_EXTRA_ANSWERS = 32;

/**
 * An INVITE to the network, first or inside a dialog, until its 2xx is acknowledged: RFC 3261 §13.2,
 * §14.1.
 *
 *    Calling ─ 1xx ─▶ Proceeding ─ 2xx ─▶ Accepted ─ application's ACK ─▶ Over
 *       │ CANCEL: held │ CANCEL: sent        └─ no ACK in 64·T1: ACK, BYE ─▶ Over
 *       └──────────────┴─ 300-699, time-out ─▶ Over
 *
 * The first 2xx wins; the engine acknowledges and ends those of other forks by itself.
 */
export class OutgoingInvite implements SendUser, Cancellable, LegInvite, TakesAck {
  readonly #initial: boolean;
  #transaction: ClientTransaction | undefined;
  #phase: 'calling' | 'proceeding' | 'accepted' | 'over' = 'calling';
  /** A CANCEL waits for the first provisional response, or has gone. */
  #cancel: { readonly headers: readonly Header[]; sent: boolean } | undefined;
  #winner: Fork | undefined;
  #acknowledgement: OneWay | undefined;
  /** Acknowledgements of 2xx that lost, by To tag. */
  readonly #extra = new Map<string, OneWay>();
  #stopTimer: Cancel = () => {};

  constructor(
    private readonly ground: Ground,
    private readonly leg: Leg,
    private readonly fork: Fork | undefined,
    readonly transactionId: string,
  ) {
    this.#initial = fork === undefined;
  }

  send(draft: Draft, message: AppMessage, departed: (departure: Departure) => void): void {
    const { ground, leg } = this;
    leg.invites.add(this);
    ground.sender.send(draft, this, (departure) => {
      if (departure.ok) {
        this.#onDeparture(departure, message);
        departed(departure);
      } else {
        this.#close();
        if (this.#initial) leg.end();
        departed(departure);
      }
    });
  }

  onRetry(leaving: Leaving): void {
    this.#transaction = leaving.transaction;
  }

  mayRetry(): boolean {
    return this.#cancel === undefined;
  }

  onResponse(inbound: InboundResponse): void {
    const { status } = inbound.message;
    if (status < 200) this.#onProvisional(inbound);
    else if (status < 300) this.#onSuccess(inbound);
    else this.#onRejection(inbound);
  }

  onFailure(failure: ClientFailure): void {
    const request = this.#transaction?.request;
    if (!request) return;
    const status = this.#cancel ? 487 : failure === 'timed-out' ? 408 : 503;
    const response = responseTo(request, status, { toTag: this.ground.ids.token(8) });
    this.#end(status);
    if (this.owner.connected) this.owner.response(response, undefined, this.#ids);
    if (!this.#initial) {
      endIfLost(this.leg, { method: 'INVITE', status, received: false });
      return;
    }
    this.leg.end();
    this.ground.cdr({
      kind: 'stop',
      source: 'application',
      detail: 'call-rejected',
      message: response,
    });
  }

  onTerminated(): void {
    // §13.2.2.4: 64·T1 after the first 2xx the dialogs of other forks are over.
    if (this.#winner && this.#initial) this.leg.dropOtherForks();
    this.#extra.clear();
  }

  cancel(message: AppMessage, reply: Reply): void {
    const transaction = this.#transaction;
    if (!transaction || this.#cancel || this.#phase === 'accepted' || this.#phase === 'over') {
      reply(refused(`unable to cancel unknown transaction id: ${this.transactionId}`));
      return;
    }
    const headers = withoutHeaders(message.headers, ...NOT_IN_CANCEL);
    const bytes = this.#askToCancel(headers, transaction);
    const { destination } = transaction;
    const local = this.ground.network.localFor(destination.protocol, destination.address);
    const sent = local ? sentFrom(local, bytes) : { ...destination, bytes };
    reply({ kind: 'request-sent', sent, transactionId: this.ground.ids.uuid() });
  }

  abandon(): void {
    if (this.#cancel) return;
    this.#cancel = { headers: [], sent: false };
    if (this.#phase === 'proceeding') this.#sendCancel(this.#cancel);
  }

  acknowledge(message: AppMessage, reply: Reply): void {
    const { leg } = this;
    const request = this.#transaction?.request;
    if (!this.#winner || !request) {
      reply(refused(REFUSALS.automaticAck));
      return;
    }
    this.#stopTimer();
    this.#phase = 'over';
    leg.unacknowledged = undefined;
    leg.gate.acknowledged();
    leg.keepLocalSession(message.body, contentTypeOf(message));
    acknowledge(this.ground, leg, this.#winner, request, message, (done) => {
      if (typeof done === 'string') return reply(refused(done));
      this.#acknowledgement = done.request;
      reply({ kind: 'request-sent', sent: done.sent, transactionId: this.transactionId });
      // The callee answered what was cancelled: the session exists, and nobody wants it.
      if (this.#cancel && this.#initial) {
        leg.endWithBye('ACK-BYE due to cancel race condition');
      }
    });
  }

  get owner() {
    return this.leg.owner;
  }

  get #ids(): Ids {
    return { transactionId: this.transactionId, dialogId: this.leg.id };
  }

  #onDeparture(leaving: Leaving, message: AppMessage): void {
    const { ground, leg } = this;
    this.#transaction = leaving.transaction;
    const { request } = leaving.transaction;
    leg.gate.request('local', 'INVITE', request.body.length > 0);
    leg.contact = header(request, 'Contact') ?? leg.contact;
    leg.keepLocalSession(message.body, contentTypeOf(message));
    ground.waiting.invites.set(this.transactionId, this);
    this.#stopTimer = ground.clock.after(ground.limits.ringing, () => this.abandon());
  }

  #onProvisional(inbound: InboundResponse): void {
    const response = inbound.message;
    if (this.#phase === 'calling') {
      this.#phase = 'proceeding';
      if (this.#cancel) this.#sendCancel(this.#cancel);
    }
    if (response.status === 100) return;
    const fork = this.#forkOf(inbound);
    const number = rseq(response);
    if (fork && number !== undefined && required(response).includes('100rel')) {
      if (!fork.sequence.take(number)) return;
    }
    if (fork && this.#initial) this.leg.heard(fork);
    this.leg.gate.response('local', 'INVITE', response.status, response.body.length > 0);
    if (this.owner.connected) this.owner.response(response, inbound, this.#ids);
  }

  #onSuccess(inbound: InboundResponse): void {
    const response = inbound.message;
    const tag = toTag(response) ?? '';
    if (this.#winner) {
      if (tag === this.#winner.dialog.remoteTag) this.#acknowledgement?.repeat();
      else if (this.#initial) this.#onExtraAnswer(tag, inbound);
      return;
    }
    const fork = this.#forkOf(inbound);
    if (!fork) return;
    this.#winner = fork;
    this.#end(response.status, response.body.length > 0);
    this.#phase = 'accepted';
    if (this.#initial) {
      fork.dialog.confirm(response);
      this.leg.confirm(fork);
    } else {
      fork.dialog.refreshTarget(response);
    }
    this.leg.setSession(sessionOf(response, this.ground.limits.minSe));
    this.leg.unacknowledged = this;
    this.#awaitApplication();
    if (this.owner.connected) this.owner.response(response, inbound, this.#ids);
    // Nobody will: the application is gone, or the dialog ended while its re-INVITE was out.
    if (!this.owner.connected || this.leg.over) this.#acknowledgeAlone('Application lost');
    if (!this.#initial) return;
    this.ground.cdr({ kind: 'start', source: 'network', detail: 'uac', message: response });
  }

  #onRejection(inbound: InboundResponse): void {
    const { status } = inbound.message;
    this.#end(status);
    if (this.#initial) this.leg.end();
    if (this.owner.connected) this.owner.response(inbound.message, inbound, this.#ids);
    if (!this.#initial) {
      endIfLost(this.leg, { method: 'INVITE', status, received: true });
      return;
    }
    const detail = this.#cancel ? 'call-canceled' : 'call-rejected';
    this.ground.cdr({ kind: 'stop', source: 'network', detail, message: inbound.message });
  }

  /** A 2xx of another fork, after the first: acknowledged and ended (§13.2.2.4). */
  #onExtraAnswer(tag: string, inbound: InboundResponse): void {
    const known = this.#extra.get(tag);
    if (known) {
      known.repeat();
      return;
    }
    const request = this.#transaction?.request;
    if (!request || this.#extra.size >= MAX_EXTRA_ANSWERS) return;
    const fork =
      this.leg.fork(tag) ?? this.leg.addFork(Dialog.asUac(request, inbound.message), inbound);
    if (!fork) return;
    fork.dialog.confirm(inbound.message);
    acknowledgeAndBye(this.ground, this.leg, fork, request, 'Another fork answered', (done) => {
      this.#extra.set(tag, done.request);
    });
  }

  #forkOf(inbound: InboundResponse): Fork | undefined {
    const request = this.#transaction?.request;
    const tag = toTag(inbound.message) ?? '';
    let fork = this.fork ?? this.leg.fork(tag);
    // A provisional response without a tag makes no dialog (§12.1); a 2xx has to make one.
    if (!fork && request && (tag !== '' || inbound.message.status >= 200)) {
      fork = this.leg.addFork(Dialog.asUac(request, inbound.message), inbound);
    }
    if (!fork) return undefined;
    fork.heard(inbound);
    this.leg.learn(fork, inbound.message);
    return fork;
  }

  #askToCancel(headers: readonly Header[], transaction: ClientTransaction): Buffer {
    this.#cancel = { headers, sent: false };
    // §9.1: not before a provisional response has shown that the INVITE arrived.
    if (this.#phase === 'proceeding') this.#sendCancel(this.#cancel);
    return serialize(cancelOf(transaction.request, headers));
  }

  #sendCancel(cancel: { readonly headers: readonly Header[]; sent: boolean }): void {
    const transaction = this.#transaction;
    if (!transaction || cancel.sent) return;
    cancel.sent = true;
    const request = cancelOf(transaction.request, cancel.headers);
    this.ground.layer.start(request, transaction.destination, NOBODY);
    transaction.cancelled();
  }

  /** The application must acknowledge; when it does not, nothing is to be left hanging. */
  #awaitApplication(): void {
    const { clock, timers } = this.ground;
    this.#stopTimer();
    this.#stopTimer = clock.after(transactionLifetime(timers), () => {
      this.ground.counts.ackTimeouts += 1;
      this.#acknowledgeAlone('ACK timeout');
    });
  }

  #acknowledgeAlone(why: string): void {
    const request = this.#transaction?.request;
    const fork = this.#winner;
    if (!fork || !request || this.#phase !== 'accepted') return;
    this.#phase = 'over';
    this.#stopTimer();
    this.leg.unacknowledged = undefined;
    acknowledge(this.ground, this.leg, fork, request, undefined, (done) => {
      if (typeof done !== 'string') this.#acknowledgement = done.request;
      if (!this.leg.over) this.leg.endWithBye(why);
    });
  }

  /** The final response is in. */
  #end(status: number, hasBody = false): void {
    this.leg.gate.response('local', 'INVITE', status, hasBody);
    this.#close();
  }

  #close(): void {
    this.#phase = 'over';
    this.#stopTimer();
    this.leg.invites.delete(this);
    this.ground.waiting.invites.delete(this.transactionId);
  }
}

/** The 200 to a CANCEL is nobody's news (§9.1). */
const NOBODY = { onResponse: () => {}, onFailure: () => {} };
