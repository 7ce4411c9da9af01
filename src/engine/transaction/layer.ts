import type { Clock } from '../../core';
import {
  cseq,
  type Header,
  responseTo,
  type SipRequest,
  serialize,
  topVia,
  toTag,
} from '../message';
import {
  type Address,
  type Destination,
  formatAddress,
  type Inbound,
  responseDestination,
} from '../transport';
import { ClientTransaction, type ClientUser } from './client-transaction';
import { clientKey, mergeKey, serverKey } from './keys';
import type { InboundResponse, Network } from './network';
import { ServerTransaction } from './server-transaction';
import type { TimerValues } from './timers';

/** The transaction user: RFC 3261 §5. */
export interface TransactionUser {
  /** A request that is none of any transaction, CANCEL included. Never an ACK. */
  onRequest(transaction: ServerTransaction): void;
  /** An ACK that belongs to no INVITE that was refused: to a 2xx, or stray. */
  onAck(ack: Inbound): void;
  /** A response that belongs to no transaction. */
  onStrayResponse(response: InboundResponse): void;
}

export interface TransactionLayerOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly timers: TimerValues;
  readonly user: TransactionUser;
  /** A fresh To tag. */
  readonly tag: () => string;
  /** Server transactions at once, lingering ones included; beyond it new calls get 503. */
  readonly maxServerTransactions: number;
  /** More calls come than can be served: new ones get 503. Default: never. */
  readonly overloaded?: (() => boolean) | undefined;
}

/** Counters since the start, and gauges. */
export interface TransactionStats {
  readonly clientInvite: number;
  readonly client: number;
  readonly serverInvite: number;
  readonly server: number;
  /** Live now. */
  readonly clientsLive: number;
  readonly serversLive: number;
  /** Requests of ours sent again. */
  readonly retransmissionsSent: number;
  /** Requests and responses of peers that were repetitions. */
  readonly retransmissionsReceived: number;
  readonly merged: number;
  readonly strayResponses: number;
  /** Refused with 503 because there were too many. */
  readonly overload: number;
}

/** Finds or makes the transaction of everything that arrives: RFC 3261 §17. */
export class TransactionLayer {
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Ongoing requests by what merged copies of them share. */
  readonly #merges = new Map<string, ServerTransaction>();
  /** Client transactions by the stream they went out on. */
  readonly #streams = new Map<string, Set<ClientTransaction>>();
  readonly #ground;
  readonly #counts = {
    clientInvite: 0,
    client: 0,
    serverInvite: 0,
    server: 0,
    retransmissionsSent: 0,
    retransmissionsReceived: 0,
    merged: 0,
    strayResponses: 0,
    overload: 0,
  };

  constructor(private readonly options: TransactionLayerOptions) {
    this.#ground = {
      network: options.network,
      clock: options.clock,
      timers: options.timers,
      onRetransmission: () => {
        this.#counts.retransmissionsSent += 1;
      },
    };
  }

  receive(inbound: Inbound): void {
    if (isResponse(inbound)) this.#response(inbound);
    else if (inbound.message.kind === 'request') this.#request(inbound.message, inbound);
  }

  /** Begins a transaction; its first transmission happens before this returns. */
  start(request: SipRequest, destination: Destination, user: ClientUser): ClientTransaction {
    const transaction = new ClientTransaction(request, destination, user, this.#ground, (ended) =>
      this.#clientTerminated(ended),
    );
    this.#counts[request.method === 'INVITE' ? 'clientInvite' : 'client'] += 1;
    this.#clients.set(transaction.key, transaction);
    this.#streamOf(destination)?.add(transaction);
    transaction.start();
    return transaction;
  }

  /** The INVITE that a CANCEL means: RFC 3261 §9.2. */
  inviteOf(cancel: SipRequest): ServerTransaction | undefined {
    return this.#servers.get(serverKey(cancel, 'INVITE'));
  }

  /** RFC 3261 §18.4. */
  connectionClosed(remote: Address): void {
    const waiting = this.#streams.get(formatAddress(remote));
    if (waiting) for (const transaction of [...waiting]) transaction.connectionLost();
  }

  stats(): TransactionStats {
    return {
      ...this.#counts,
      clientsLive: this.#clients.size,
      serversLive: this.#servers.size,
    };
  }

  describe(): unknown[] {
    const all = [...this.#clients.values(), ...this.#servers.values()];
    return all.map((transaction) => transaction.describe());
  }

  /** Whether a request of ours still waits for its final response. */
  get busy(): boolean {
    for (const transaction of this.#clients.values()) if (transaction.pending) return true;
    return false;
  }

  stop(): void {
    for (const transaction of this.#clients.values()) transaction.stop();
    for (const transaction of this.#servers.values()) transaction.stop();
    this.#clients.clear();
    this.#servers.clear();
    this.#merges.clear();
    this.#streams.clear();
  }

  #request(request: SipRequest, inbound: Inbound): void {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (request.method === 'ACK') {
      if (known) known.acknowledge(inbound);
      else this.options.user.onAck(inbound);
      return;
    }
    if (known) {
      this.#counts.retransmissionsReceived += 1;
      known.retransmission();
      return;
    }
    if (this.#servers.size >= this.options.maxServerTransactions || this.#isOneTooMany(request)) {
      this.#refuse(request, inbound);
      return;
    }
    this.#begin(key, request, inbound);
  }

  /** What belongs to calls that were taken goes on. */
  #isOneTooMany(request: SipRequest): boolean {
    const { overloaded } = this.options;
    return request.method === 'INVITE' && toTag(request) === undefined && (overloaded?.() ?? false);
  }

  #begin(key: string, request: SipRequest, inbound: Inbound): void {
    const merging = toTag(request) === undefined ? mergeKey(request) : undefined;
    const first = merging === undefined ? undefined : this.#merges.get(merging);
    // After our 503 the caller is right to try again another way (RFC 3263 §4.3).
    const merged = first !== undefined && first.status !== 503;
    const transaction = new ServerTransaction(request, inbound, this.#ground, (ended) => {
      this.#servers.delete(key);
      if (merging !== undefined && this.#merges.get(merging) === ended) {
        this.#merges.delete(merging);
      }
    });
    this.#counts[request.method === 'INVITE' ? 'serverInvite' : 'server'] += 1;
    this.#servers.set(key, transaction);
    if (merged) {
      this.#counts.merged += 1;
      transaction.respond(responseTo(request, 482, { toTag: this.options.tag() }));
      transaction.settle();
      return;
    }
    if (merging !== undefined) this.#merges.set(merging, transaction);
    this.options.user.onRequest(transaction);
  }

  /** Without state, because state is what there is too much of: RFC 3261 §21.5.4. */
  #refuse(request: SipRequest, inbound: Inbound): void {
    this.#counts.overload += 1;
    const response = responseTo(request, 503, {
      toTag: this.options.tag(),
      headers: [RETRY_LATER],
    });
    this.options.network.send(serialize(response), responseDestination(request, inbound));
  }

  #response(inbound: InboundResponse): void {
    const branch = topVia(inbound.message)?.branch;
    const method = cseq(inbound.message)?.method;
    const transaction =
      branch !== undefined && method !== undefined
        ? this.#clients.get(clientKey(branch, method))
        : undefined;
    if (transaction?.isReturn(inbound)) {
      transaction.receive(inbound);
      return;
    }
    this.#counts.strayResponses += 1;
    this.options.user.onStrayResponse(inbound);
  }

  #clientTerminated(transaction: ClientTransaction): void {
    this.#clients.delete(transaction.key);
    const stream = this.#streams.get(formatAddress(transaction.destination));
    if (!stream) return;
    stream.delete(transaction);
    if (stream.size === 0) this.#streams.delete(formatAddress(transaction.destination));
  }

  #streamOf(destination: Destination): Set<ClientTransaction> | undefined {
    if (destination.protocol === 'udp') return undefined;
    const key = formatAddress(destination);
    let stream = this.#streams.get(key);
    if (!stream) this.#streams.set(key, (stream = new Set()));
    return stream;
  }
}

function isResponse(inbound: Inbound): inbound is InboundResponse {
  return inbound.message.kind === 'response';
}

const RETRY_LATER: Header = { name: 'Retry-After', value: '10' };
