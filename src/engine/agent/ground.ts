import type { Clock, Ids as IdSource, Log } from '../../core';
import type { Network, ServerTransaction, TimerValues, TransactionLayer } from '../transaction';
import type { Application, CdrEvent, Reply } from './application';
import type { LegTable } from './legs';
import type { Sender } from './sender';
import type { AppMessage } from './text';

/** Bounds and waiting times of the user agent core, milliseconds unless said otherwise. */
export interface Limits {
  /** How long an application may leave a request without any answer. */
  readonly application: number;
  /** How long an INVITE may go without a final response, either way. */
  readonly ringing: number;
  /** Smallest session interval taken, seconds (RFC 4028 §5). */
  readonly minSe: number;
  /** Dialogs at once; beyond it INVITE and SUBSCRIBE get 503. */
  readonly legs: number;
}

/** A request from the network that waits for its application. */
export interface PendingRequest {
  readonly owner: Application;
  readonly transaction: ServerTransaction;
  respond(message: AppMessage, reply: Reply): void;
  /** Somebody else will answer: it waits no longer. */
  handOver(): void;
  /** Its application is gone. */
  applicationLost(): void;
}

/** An INVITE the application sent, as far as CANCEL is concerned. */
export interface Cancellable {
  cancel(message: AppMessage, reply: Reply): void;
}

/** What waits for applications, by transaction id. */
export interface Waiting {
  readonly requests: Map<string, PendingRequest>;
  readonly invites: Map<string, Cancellable>;
}

/** What the parts of the user agent core share. */
export interface Ground {
  readonly network: Network;
  readonly layer: TransactionLayer;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
  readonly timers: TimerValues;
  readonly limits: Limits;
  /** User-Agent and Server where the application gives none. */
  readonly userAgent: string | undefined;
  readonly legs: LegTable;
  readonly waiting: Waiting;
  readonly counts: AgentCounts;
  /** Signs Record-Route, so that only dialogs we have proxied are relayed. */
  readonly relayKey: Buffer;
  /** To the applications that keep call records. */
  cdr(event: CdrEvent): void;
}

/** Counters since the start. */
export interface AgentCounts {
  invitesIn: number;
  invitesOut: number;
  dialogsConfirmed: number;
  /** Requests no application answered in time. */
  applicationTimeouts: number;
  /** 2xx that were never acknowledged. */
  ackTimeouts: number;
  prackTimeouts: number;
  sessionsExpired: number;
  /** Requests that belong to no dialog we know: answered 481. */
  strays: number;
  /** Refused because no application takes them, or there are too many dialogs. */
  unserved: number;
  proxied: number;
}

export function newCounts(): AgentCounts {
  return {
    invitesIn: 0,
    invitesOut: 0,
    dialogsConfirmed: 0,
    applicationTimeouts: 0,
    ackTimeouts: 0,
    prackTimeouts: 0,
    sessionsExpired: 0,
    strays: 0,
    unserved: 0,
    proxied: 0,
  };
}
