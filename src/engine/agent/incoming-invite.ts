import { type Cancel, Driver } from '../../core';
import {
  Accepted,
  type AcceptedInput,
  type AcceptedOutput,
  Dialog,
  negotiate,
  sessionSent,
} from '../dialog';
import {
  cseq,
  type Header,
  header,
  type RAck,
  required,
  type SipRequest,
  type SipResponse,
  serialize,
  supports,
} from '../message';
import type { ServerTransaction, ServerUser } from '../transaction';
import type { Inbound } from '../transport';
import { type Ids, REFUSALS, type Reply, refused } from './application';
import { answer, composeResponse, contentTypeOf, lists } from './compose';
import type { Fork } from './fork';
import type { Ground, PendingRequest } from './ground';
import type { AwaitsAck, Leg, LegInvite } from './leg';
import { ownContact } from './localhost';
import { Progress } from './progress';
import { type AppMessage, type AppResponse, isResponse } from './text';

/** A 2xx of the application that waits for PRACKs. */
interface Held {
  readonly message: AppResponse;
  readonly reply: Reply;
}

/**
 * An INVITE from the network, first or inside a dialog, until its ACK: RFC 3261 §13.3, §14.2.
 *
 *    Fresh ─ 1xx ─▶ Ringing ─ 2xx ─▶ Accepted ─ ACK ─▶ Over
 *      │              │ 2xx while a PRACK is owed: held until it comes (RFC 3262 §3)
 *      └──────────────┴─ 300-699, CANCEL, no answer in time ─▶ Over
 */
export class IncomingInvite implements PendingRequest, LegInvite, AwaitsAck, ServerUser {
  readonly cseq: number;
  readonly transactionId: string;
  readonly #request: SipRequest;
  readonly #initial: boolean;
  readonly #progress: Progress;
  readonly #accepted: Accepted<Buffer>;
  readonly #acceptedDriver: Driver<AcceptedInput<Buffer>, AcceptedOutput<Buffer>>;
  #phase: 'fresh' | 'ringing' | 'accepted' | 'over' = 'fresh';
  #held: Held | undefined;
  #stopTimer: Cancel = () => {};

  constructor(
    private readonly ground: Ground,
    readonly transaction: ServerTransaction,
    readonly leg: Leg,
    private fork: Fork | undefined,
  ) {
    const { clock, ids, timers } = ground;
    this.#request = transaction.request;
    this.#initial = fork === undefined;
    this.cseq = cseq(this.#request)?.seq ?? 0;
    this.transactionId = ids.uuid();
    this.#progress = new Progress(ground, transaction, {
      onSettled: () => this.#release(),
      onUnacknowledged: () => {
        ground.counts.prackTimeouts += 1;
        this.#refuse(504);
      },
      onRungOut: () => this.#refuse(480),
    });
    this.#accepted = new Accepted(timers.t1, timers.t2);
    this.#acceptedDriver = new Driver(this.#accepted, clock, (output) => this.#onAccepted(output));
  }

  get owner() {
    return this.leg.owner;
  }

  /** Says 100 at once (RFC 3261 §17.2.1) and asks the application. */
  begin(): void {
    const { ground, leg, transaction } = this;
    transaction.user = this;
    transaction.respond(answer(ground, transaction, 100));
    leg.invites.add(this);
    leg.gate.request('remote', 'INVITE', this.#request.body.length > 0);
    ground.waiting.requests.set(this.transactionId, this);
    this.#stopTimer = ground.clock.after(ground.limits.application, () => {
      ground.counts.applicationTimeouts += 1;
      this.#refuse(504);
    });
    this.owner.request(this.#request, transaction.inbound, this.#ids(!this.#initial));
  }

  respond(message: AppMessage, reply: Reply): void {
    if (!isResponse(message)) {
      reply(refused(REFUSALS.badResponse));
      return;
    }
    if (this.#phase === 'accepted' || this.#phase === 'over' || this.#held) {
      reply(refused(REFUSALS.unknownTransaction));
      return;
    }
    const { status } = message.start;
    if (status < 200) this.#respondProvisional(message, reply);
    else if (status >= 300) this.#respondFailure(message, reply);
    else if (this.#progress.owed) this.#held = { message, reply };
    else this.#accept(message, reply);
  }

  /** CANCEL came and has had its 200: RFC 3261 §9.2. Without effect after a final response. */
  onCancel(cancel: ServerTransaction): void {
    if (this.#phase === 'accepted' || this.#phase === 'over') return;
    const told = this.#ids(this.#phase === 'ringing' || !this.#initial);
    this.#refuse(487);
    if (this.owner.connected) this.owner.request(cancel.request, cancel.inbound, told);
  }

  matches(rack: RAck): boolean {
    return rack.method === 'INVITE' && rack.cseq === this.cseq && this.#progress.matches(rack.rseq);
  }

  onPrack(rseq: number): void {
    this.#progress.prack(rseq);
  }

  onPrackAnswered(): void {
    this.#progress.prackAnswered();
  }

  onAck(ack: Inbound): void {
    if (!this.#accepted.pending) return;
    this.#acceptedDriver.input({ kind: 'acknowledged' });
    this.#phase = 'over';
    this.transaction.settle();
    this.leg.gate.acknowledged();
    if (this.owner.connected && ack.message.kind === 'request') {
      const transactionId = this.#initial ? this.transactionId : this.ground.ids.uuid();
      this.owner.request(ack.message, ack, { transactionId, dialogId: this.leg.id });
    }
    this.leg.acknowledged(this.cseq);
  }

  stop(): void {
    this.#acceptedDriver.input({ kind: 'acknowledged' });
    this.#phase = 'over';
    this.transaction.settle();
  }

  abandon(status: number): void {
    if (this.#phase === 'fresh' || this.#phase === 'ringing') this.#refuse(status);
  }

  applicationLost(): void {
    this.abandon(503);
  }

  /** The transaction has gone to a proxy: this side of it is closed without a response. */
  handOver(): void {
    this.#close();
    if (this.#initial) this.leg.end();
  }

  #respondProvisional(message: AppResponse, reply: Reply): void {
    const { ground, transaction } = this;
    const { status } = message.start;
    const reliably =
      status > 100 &&
      (lists(message.headers, 'Require', '100rel') || required(this.#request).includes('100rel'));
    if (reliably && !supports(this.#request, '100rel')) {
      reply(refused(REFUSALS.no100rel));
      return;
    }
    const rseq = reliably ? this.#progress.nextRSeq() : undefined;
    if (reliably && rseq === undefined) {
      reply(refused(REFUSALS.badResponse));
      return;
    }
    const extra = status > 100 ? this.#ownContact(message) : [];
    if (rseq !== undefined) {
      extra.push({ name: 'RSeq', value: String(rseq) });
      if (!lists(message.headers, 'Require', '100rel')) {
        extra.push({ name: 'Require', value: '100rel' });
      }
    }
    const response = composeResponse(ground, transaction, message, extra);
    this.#enterDialog(response, message);
    this.leg.gate.response('remote', 'INVITE', status, message.body.length > 0);
    this.#phase = 'ringing';
    this.#stopTimer();
    const bytes = serialize(response);
    this.#progress.send(status, bytes, rseq);
    reply(this.#sent(bytes, response));
  }

  #respondFailure(message: AppResponse, reply: Reply): void {
    const { ground, transaction, leg } = this;
    const response = composeResponse(ground, transaction, message, []);
    const bytes = transaction.respond(response);
    const outcome = this.#sent(bytes, response);
    this.#finish(response.status);
    transaction.settle();
    reply(outcome);
    if (this.#initial) {
      leg.end();
      ground.cdr({
        kind: 'stop',
        source: 'application',
        detail: 'call-rejected',
        message: response,
      });
    }
  }

  #accept(message: AppResponse, reply: Reply): void {
    const { ground, transaction, leg } = this;
    const extra = this.#ownContact(message);
    if (!message.headers.some(({ name }) => name === 'Session-Expires')) {
      const negotiated = negotiate(this.#request, ground.limits.minSe);
      if (negotiated.kind === 'session') extra.push(...negotiated.headers);
    }
    const response = composeResponse(ground, transaction, message, extra);
    const fork = this.#enterDialog(response, message);
    if (fork) {
      fork.dialog.confirm();
      leg.confirm(fork);
      if (!this.#initial) fork.dialog.refreshTarget(this.#request);
    }
    const bytes = transaction.respond(response);
    this.#finish(response.status, message.body.length > 0);
    this.#phase = 'accepted';
    leg.awaitingAck.set(this.cseq, this);
    this.#acceptedDriver.input({ kind: 'sent', reply: bytes });
    leg.setSession(sessionSent(response));
    reply(this.#sent(bytes, response));
    if (this.#initial) {
      ground.cdr({ kind: 'start', source: 'application', detail: 'uas', message: response });
    }
  }

  /** A final response of the engine's own. */
  #refuse(status: number): void {
    const { ground, transaction, leg } = this;
    const response = answer(ground, transaction, status);
    transaction.respond(response);
    this.#held?.reply(refused(REFUSALS.unknownTransaction));
    this.#finish(status);
    transaction.settle();
    if (!this.#initial) return;
    leg.end();
    const detail = status === 487 ? 'call-canceled' : 'call-rejected';
    ground.cdr({ kind: 'stop', source: 'network', detail, message: response });
  }

  /** The final response is out. */
  #finish(status: number, hasBody = false): void {
    this.leg.gate.response('remote', 'INVITE', status, hasBody);
    this.#close();
  }

  #close(): void {
    this.#phase = 'over';
    this.#held = undefined;
    this.#stopTimer();
    this.#progress.stop();
    this.ground.waiting.requests.delete(this.transactionId);
    this.leg.invites.delete(this);
  }

  /** A response with a To tag makes the dialog (§12.1.1); what it says of us is remembered. */
  #enterDialog(response: SipResponse, message: AppResponse): Fork | undefined {
    if (response.status <= 100) return this.fork;
    if (!this.fork) {
      const dialog = Dialog.asUas(this.#request, response);
      this.fork = this.leg.addFork(dialog, this.transaction.inbound);
      if (this.fork) this.leg.learn(this.fork, this.#request);
    }
    this.leg.contact = header(response, 'Contact') ?? this.leg.contact;
    this.leg.keepLocalSession(message.body, contentTypeOf(message));
    return this.fork;
  }

  #ownContact(message: AppResponse): Header[] {
    if (message.headers.some(({ name }) => name === 'Contact')) return [];
    if (this.leg.contact !== undefined) return [{ name: 'Contact', value: this.leg.contact }];
    return [{ name: 'Contact', value: ownContact(this.transaction.inbound.local) }];
  }

  /** The PRACKs have come: a 2xx that waited for them may go. */
  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#accept(held.message, held.reply);
  }

  #onAccepted(output: AcceptedOutput<Buffer>): void {
    switch (output.kind) {
      case 'transmit':
        this.transaction.respondWith(200, output.reply);
        break;
      case 'unacknowledged':
        this.ground.counts.ackTimeouts += 1;
        this.#phase = 'over';
        this.transaction.settle();
        this.leg.acknowledged(this.cseq);
        // A held BYE of the application may have ended it in place of ours.
        if (this.leg.state === 'confirmed') this.leg.endWithBye('ACK timeout');
        break;
    }
  }

  #ids(inDialog: boolean): Ids {
    return { transactionId: this.transactionId, dialogId: inDialog ? this.leg.id : '' };
  }

  #sent(bytes: Buffer, message: SipResponse) {
    const { protocol, address, port } = this.transaction.inbound.source;
    const sent = { bytes, message, protocol, address, port };
    return { kind: 'response-sent' as const, sent, ids: this.#ids(true) };
  }
}
