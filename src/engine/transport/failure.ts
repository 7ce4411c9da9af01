import { type Address, formatAddress } from './address';

export type SendFailureReason =
  /** Nobody listens there. */
  | 'refused'
  /** The connection did not come up in time. */
  | 'timeout'
  /** The network knows no way, or no socket of ours fits the protocol and family. */
  | 'unreachable'
  /** The connection closed before the bytes were written. */
  | 'closed'
  /** More bytes than a datagram, or the path, takes. */
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

export type OnFailure = (failure: SendFailure) => void;

export function sendFailure(reason: SendFailureReason, to: Address, detail?: string): SendFailure {
  const said = detail ?? `${reason}: ${formatAddress(to)}`;
  const { protocol, address, port } = to;
  return { reason, detail: said, to: { protocol, address, port } };
}

/** Whether the far end could not be reached at all, by this protocol. */
export function isUnreached({ reason }: SendFailure): boolean {
  return reason === 'refused' || reason === 'timeout' || reason === 'unreachable';
}

/** What a system error means for a sender. */
export function reasonOf(error: NodeJS.ErrnoException): SendFailureReason {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ETIMEDOUT':
      return 'timeout';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return 'unreachable';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'closed';
    case 'EMSGSIZE':
      return 'too-large';
    default:
      return 'error';
  }
}
