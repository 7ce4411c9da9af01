import type { SipMessage, SipRequest } from './message';

/** Why bytes are not a SIP message we take. */
export interface ParseError {
  /** What a request would be answered with: 400, 505 (version), 513 (too large). */
  readonly status: 400 | 505 | 513;
  /** A reason phrase that names what is wrong, e.g. `Bad CSeq`. */
  readonly reason: string;
}

/** Bytes we do not take. */
export interface Refused {
  readonly ok: false;
  readonly error: ParseError;
  /**
   * There when the bytes were a request that can be answered: its method and those of its headers
   * that could be read, a Via among them.
   */
  readonly partial?: SipRequest;
  /** Nothing but the Request-URI is wrong: `partial` is the whole request, its body included. */
  readonly onlyUri?: boolean;
}

/** A message, or why there is none. */
export type ParseResult = { readonly ok: true; readonly message: SipMessage } | Refused;
