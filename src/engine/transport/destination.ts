import { isIP } from 'node:net';
import { type SipRequest, topVia } from '../message';
import { type Address, defaultPort, type LocalEnd } from './address';
import type { Arrival, ConnectionId } from './inbound';

/** Where to send, and over what. */
export interface Destination extends Address {
  /** Used while it is open; otherwise a connection to the address is found or made. */
  readonly connection?: ConnectionId;
  /** For UDP: the end of ours to send from, as `Arrival.local` or `localFor` gave it. */
  readonly local?: LocalEnd;
  /** A large request tried over TCP where UDP was meant: given up sooner. */
  readonly opportunistic?: boolean;
}

/**
 * Where a response goes: RFC 3261 §18.2.2 with RFC 3581 §4. `request` is as `Inbound` (or
 * `Malformed.partial`) gave it, its top Via stamped.
 *
 * Over a stream: back on the connection, or once that is closed to the source at the sent-by port.
 * Over UDP: to `maddr` if numeric, else to the source at `rport`, else to the source at the sent-by port.
 */
export function responseDestination(request: SipRequest, arrival: Arrival): Destination {
  const { source, local, connection } = arrival;
  const { protocol, address } = source;
  const top = topVia(request);
  // A Via that cannot be read still had a sender.
  if (!top) return { protocol, address, port: source.port, local, connection };
  const port = top.port ?? defaultPort(protocol);
  if (connection !== undefined) return { protocol, address, port, connection };
  if (top.maddr !== undefined && isIP(top.maddr) !== 0) {
    return { protocol, address: top.maddr, port, local };
  }
  return { protocol, address, port: typeof top.rport === 'number' ? top.rport : port, local };
}
