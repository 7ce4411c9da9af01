import type { SipMessage, SipRequest } from './message';

/** Why bytes are not a SIP message we take. */
export interface ParseError {
  /** What a request would be answered with: 400, 505 (version), 513 (too large). */
  readonly status: 400 | 505 | 513;
  /** A reason phrase that names what is wrong, e.g. `Bad CSeq`. */
  readonly reason: string;
}

/**
 * A message, or why there is none. `partial` is there when the broken bytes were a request that can
 * be answered: it has a method, a top Via, and those of its headers that could be read.
 */
export type ParseResult =
  | { readonly ok: true; readonly message: SipMessage }
  | { readonly ok: false; readonly error: ParseError; readonly partial?: SipRequest };
