import { type SipRequest, topVia } from '../message';
import { type Address, defaultPort } from './address';
import type { Arrival, ConnectionId } from './inbound';

/** Where to send, and over what. */
export interface Destination extends Address {
  /** Used while it is open; otherwise a connection to the address is found or made. */
  readonly connection?: ConnectionId;
  /** For UDP: the local end to send from, as `Arrival.local` or `localFor` gave it. */
  readonly local?: Address;
  /** A large request tried over TCP though UDP was meant: given up sooner. */
  readonly opportunistic?: boolean;
}

/**
 * Where a response goes: RFC 3261 §18.2.2 with RFC 3581 §4. `request` is as `Inbound` gave it, its
 * top Via stamped.
 */
export function responseDestination(request: SipRequest, arrival: Arrival): Destination {
  const { source, local, connection } = arrival;
  const top = topVia(request);
  const port = top?.port ?? defaultPort(source.protocol);
  if (connection !== undefined) return { ...source, port, connection };
  if (typeof top?.rport === 'number') return { ...source, port: top.rport, local };
  return { ...source, port, local };
}
