import type { Machine } from '../../core';

/** A transaction machine that can say what it is waiting for. */
export interface TransactionMachine<Input, Output> extends Machine<Input, Output> {
  readonly state: string;
  /** The name of the timer that fires next, as RFC 3261 letters it. */
  readonly waitingFor: string | undefined;
  readonly finished: boolean;
}

/** What happens to a client transaction. `Response` is opaque to the machine. */
export type ClientInput<Response> =
  | { readonly kind: 'start' }
  | { readonly kind: 'response'; readonly status: number; readonly response: Response }
  /** The transport refused the request. */
  | { readonly kind: 'transport-failed' }
  /** A CANCEL was sent for it (RFC 3261 §9.1). INVITE only. */
  | { readonly kind: 'cancelled' };

/** What a client transaction wants done, in order. */
export type ClientOutput<Response> =
  /** Send the request, first or again. */
  | { readonly kind: 'transmit' }
  /** Send ACK for this final response other than 2xx (§17.1.1.3). */
  | { readonly kind: 'acknowledge'; readonly response: Response }
  /** Hand this response to the transaction user. */
  | { readonly kind: 'report'; readonly response: Response }
  /** Nothing final came in time: 408 for the user (§8.1.3.1). */
  | { readonly kind: 'timed-out' }
  /** The request could not be sent: 503 for the user (§8.1.3.1). */
  | { readonly kind: 'failed' }
  | { readonly kind: 'terminated' };

/** What happens to a server transaction. `Reply` and `Request` are opaque to the machine. */
export type ServerInput<Reply, Request> =
  /** The request again: a retransmission. */
  | { readonly kind: 'retransmission' }
  /** ACK on the transaction's own branch. INVITE only. */
  | { readonly kind: 'ack'; readonly request: Request }
  | { readonly kind: 'respond'; readonly status: number; readonly reply: Reply }
  | { readonly kind: 'transport-failed' };

/** What a server transaction wants done, in order. */
export type ServerOutput<Reply, Request> =
  | { readonly kind: 'transmit'; readonly reply: Reply }
  /** Hand an ACK to the transaction user: it acknowledges a 2xx on the INVITE's branch. */
  | { readonly kind: 'report-ack'; readonly request: Request }
  /** The ACK to a final response never came (timer H). */
  | { readonly kind: 'unacknowledged' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'terminated' };

/** Nothing to do; shared, because it is by far the most frequent answer. */
export const NOTHING: readonly never[] = [];
