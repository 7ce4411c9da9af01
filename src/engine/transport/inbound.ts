import type { ParseError, SipMessage, SipRequest } from '../message';
import type { Address, LocalEnd } from './address';

/** Names one open connection; never used again after it closed. */
export type ConnectionId = number;

/** Where something came from and on what. */
export interface Arrival {
  readonly source: Address;
  readonly local: LocalEnd;
  /** The connection it came by; undefined for UDP. */
  readonly connection: ConnectionId | undefined;
  /** Bytes on the wire. */
  readonly bytes: number;
}

/** A message that arrived. A request's top Via carries `received` and `rport` already. */
export interface Inbound extends Arrival {
  readonly message: SipMessage;
}

/** Bytes that are no message we take; `partial`, when present, can be answered. */
export interface Malformed extends Arrival {
  readonly error: ParseError;
  readonly partial: SipRequest | undefined;
  /** Nothing but the Request-URI is wrong: `partial` is the whole request. */
  readonly onlyUri: boolean;
}
