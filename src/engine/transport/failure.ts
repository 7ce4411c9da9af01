import type { Address } from './address';

export type SendFailureReason =
  /** Nobody listens there. */
  | 'refused'
  /** The connection did not come up in time. */
  | 'timeout'
  /** The network knows no way, or no socket of ours fits the protocol and family. */
  | 'unreachable'
  /** The connection closed before the bytes were written. */
  | 'closed'
  /** More bytes than a datagram holds. */
  | 'too-large'
  /** The peer reads too slowly, or there are too many connections. */
  | 'congested'
  | 'error';

/** Bytes that did not leave. */
export interface SendFailure {
  readonly reason: SendFailureReason;
  readonly detail: string;
  readonly to: Address;
}
