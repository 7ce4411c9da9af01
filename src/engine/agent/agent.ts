import type { Clock, Ids as IdSource, Log } from '../../core';
import {
  badRequestResponse,
  callId,
  cseq,
  fromTag,
  parseNameAddr,
  type SipRequest,
  serialize,
  toTag,
} from '../message';
import {
  type InboundResponse,
  type Network,
  type ServerTransaction,
  type TimerValues,
  TransactionLayer,
  type TransactionStats,
  type TransactionUser,
} from '../transaction';
import { type Arrival, type Inbound, type Malformed, responseDestination } from '../transport';
import { type Application, REFUSALS, type Reply, refused } from './application';
import { receiveNewRequest } from './arrivals';
import type { Command } from './commands';
import { answer, reject } from './compose';
import { type AgentCounts, type Ground, type Limits, newCounts } from './ground';
import { receiveInDialog } from './in-dialog';
import type { Leg } from './leg';
import { LegTable } from './legs';
import { ownContact } from './localhost';
import { sendNewRequest } from './new-request';
import { isRelayed, proxy, relay, relayAck } from './proxy';
import { Router } from './router';
import { sendInDialog } from './send-in-dialog';
import { Sender } from './sender';

export interface AgentOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  readonly timers: TimerValues;
  readonly limits: Limits;
  readonly maxServerTransactions: number;
  readonly overloaded?: (() => boolean) | undefined;
  readonly userAgent: string | undefined;
}

export interface AgentStats {
  readonly transactions: TransactionStats;
  readonly agent: Readonly<AgentCounts>;
  readonly dialogs: number;
  readonly applications: number;
  /** Requests that wait for an application. */
  readonly waiting: number;
}

/**
 * The user agent core, RFC 3261 §8, §12 - §15: what stands between the transactions of the network
 * and the applications, and does by itself all that they are not to be troubled with.
 */
export class Agent implements TransactionUser {
  readonly router = new Router();
  readonly #applications = new Set<Application>();
  readonly #ground: Ground;
  #ending = false;

  constructor(private readonly options: AgentOptions) {
    const { network, clock, ids, log, timers, limits, userAgent } = options;
    const layer = new TransactionLayer({
      network,
      clock,
      timers,
      user: this,
      tag: () => ids.token(8),
      maxServerTransactions: options.maxServerTransactions,
      overloaded: options.overloaded,
    });
    this.#ground = {
      network,
      layer,
      sender: new Sender(network, layer, ids),
      clock,
      ids,
      log,
      timers,
      limits,
      userAgent,
      legs: new LegTable(),
      waiting: { requests: new Map(), invites: new Map() },
      counts: newCounts(),
      relayKey: Buffer.from(ids.token(32), 'hex'),
      cdr: (event) => this.router.cdr(event),
    };
  }

  get transactions(): TransactionLayer {
    return this.#ground.layer;
  }

  attach(application: Application): void {
    this.#applications.add(application);
  }

  /**
   * The application's link is gone; what it left is ended, and not left hanging. Returns how many requests
   * and calls that were.
   */
  detach(application: Application): number {
    if (!this.#applications.delete(application)) return 0;
    this.router.removeAll(application);
    let left = 0;
    for (const request of [...this.#ground.waiting.requests.values()]) {
      if (request.owner !== application) continue;
      left += 1;
      request.applicationLost();
    }
    for (const leg of [...this.#ground.legs]) {
      if (leg.owner !== application) continue;
      if (leg.state !== 'leaving') left += 1;
      leg.applicationLost();
    }
    return left;
  }

  /** Does what an application asks. `reply` is called once it is done or refused. */
  perform(application: Application, command: Command, reply: Reply): void {
    const ground = this.#ground;
    switch (command.kind) {
      case 'respond': {
        const pending = ground.waiting.requests.get(command.transactionId);
        if (pending) pending.respond(command.message, reply);
        else reply(refused(REFUSALS.unknownTransaction));
        return;
      }
      case 'cancel': {
        const invite = ground.waiting.invites.get(command.transactionId);
        if (invite) invite.cancel(command.message, reply);
        else reply(refused(`unable to cancel unknown transaction id: ${command.transactionId}`));
        return;
      }
      case 'in-dialog': {
        const leg = ground.legs.get(command.dialogId);
        if (leg?.owner === application) sendInDialog(ground, leg, command.message, reply);
        else reply(refused(unknownDialogText(command)));
        return;
      }
      case 'new': {
        const leg = ground.legs.ofCallId(callId(command.message));
        if (leg?.confirmed && leg.owner === application) {
          sendInDialog(ground, leg, command.message, reply);
        } else sendNewRequest(ground, application, command.message, command.nextHop, reply);
        return;
      }
      case 'proxy':
        proxy(ground, command, reply);
    }
  }

  onRequest(transaction: ServerTransaction): void {
    const { request, method } = transaction;
    if (method === 'CANCEL') {
      this.#onCancel(transaction);
      return;
    }
    if (isRelayed(this.#ground, request)) {
      relay(this.#ground, transaction);
      return;
    }
    const tag = toTag(request);
    const leg = this.#legOf(request, tag);
    if (leg) {
      transaction.toTag ??= leg.localTag;
      receiveInDialog(this.#ground, leg, transaction);
      return;
    }
    if (tag === undefined) {
      const isServed = this.#applications.size > 0 && !this.#ending;
      receiveNewRequest(this.#ground, this.router, isServed, transaction);
      return;
    }
    this.#ground.counts.strays += 1;
    reject(this.#ground, transaction, 481);
  }

  onAck(inbound: Inbound): void {
    const { message } = inbound;
    if (message.kind !== 'request') return;
    if (isRelayed(this.#ground, message)) {
      relayAck(this.#ground, inbound);
      return;
    }
    const leg = this.#legOf(message, toTag(message));
    const fork = leg?.fork(fromTag(message) ?? '');
    if (!leg || !fork) return;
    fork.heard(inbound);
    leg.awaitingAck.get(cseq(message)?.seq ?? -1)?.onAck(inbound);
  }

  onStrayResponse(_response: InboundResponse): void {
    // A user agent drops it: RFC 3261 §18.1.2.
  }

  onMalformed(malformed: Malformed): void {
    const { partial, error } = malformed;
    const readdressed =
      partial && malformed.onlyUri ? this.#readdressed(partial, malformed) : undefined;
    if (readdressed) {
      this.#ground.layer.receive({ ...malformed, message: readdressed });
      return;
    }
    const response = partial && badRequestResponse(partial, error, this.#ground.ids.token(8));
    if (!partial || !response) return;
    this.#ground.network.send(serialize(response), responseDestination(partial, malformed));
  }

  stats(): AgentStats {
    const { layer, counts, legs, waiting } = this.#ground;
    return {
      transactions: layer.stats(),
      agent: { ...counts },
      dialogs: legs.size,
      applications: this.#applications.size,
      waiting: waiting.requests.size,
    };
  }

  describe(): unknown {
    return {
      now: this.options.clock.now(),
      transactions: this.#ground.layer.describe(),
      dialogs: [...this.#ground.legs].map((leg) => leg.describe()),
    };
  }

  /** Ends everything and takes nothing new: calls get BYE, callers 503. */
  endAll(): void {
    this.#ending = true;
    for (const request of [...this.#ground.waiting.requests.values()]) request.applicationLost();
    for (const leg of [...this.#ground.legs]) leg.applicationLost();
  }

  /** What still has to leave or be answered. */
  get busy(): boolean {
    return this.#ground.legs.size > 0 || this.#ground.layer.busy;
  }

  /** The leg of a request inside a dialog, also of an ACK or BYE whose sender knows no tags. */
  #legOf(request: SipRequest, tag: string | undefined): Leg | undefined {
    const { legs } = this.#ground;
    if (tag !== undefined) return legs.find(callId(request), tag);
    const { method } = request;
    if (method !== 'ACK' && method !== 'BYE') return undefined;
    return legs.untagged(callId(request), fromTag(request) ?? '');
  }

  /**
   * A request whose Request-URI cannot be read, but whose To names a dialog of ours: dialog, CSeq and
   * branch say enough, the URI is only ours again, and an ACK that is dropped costs the call. So is
   * one for a failure of ours, of which the transaction is left.
   */
  #readdressed(request: SipRequest, { local }: Arrival): SipRequest | undefined {
    const { legs, layer } = this.#ground;
    const leg = legs.find(callId(request), toTag(request) ?? '');
    if (!leg && !(request.method === 'ACK' && layer.inviteOf(request))) return undefined;
    const contact = parseNameAddr(leg?.contact ?? '') ?? parseNameAddr(ownContact(local));
    return contact && { ...request, uri: contact.uri };
  }

  /** RFC 3261 §9.2. */
  #onCancel(cancel: ServerTransaction): void {
    const invite = this.#ground.layer.inviteOf(cancel.request);
    if (!invite) {
      this.#ground.counts.strays += 1;
      reject(this.#ground, cancel, 481);
      return;
    }
    invite.toTag ??= this.#ground.ids.token(8);
    cancel.toTag = invite.toTag;
    cancel.respond(answer(this.#ground, cancel, 200));
    invite.user.onCancel?.(cancel);
    cancel.settle();
  }
}

/** An ACK to a failure names a dialog that is gone; everything else deserves to know. */
function unknownDialogText(command: Command & { kind: 'in-dialog' }): string {
  const { start } = command.message;
  const isAck = start?.kind === 'request' && start.method === 'ACK';
  return isAck ? REFUSALS.automaticAck : REFUSALS.unknownDialog;
}
