/** A header line: the name as received or written, the value unfolded and trimmed. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/**
 * A SIP message: RFC 3261 §7. Headers keep their order, their names' case and unknown ones; the
 * body is bytes. Immutable by convention: writers make a new one.
 */
export type SipMessage = SipRequest | SipResponse;

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

/** A body of no bytes, shared. */
export const EMPTY_BODY = Buffer.alloc(0);
