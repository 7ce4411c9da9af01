import { formatHostPort } from '../message';

/** How bytes travel. `tls` has its place here; nothing listens on it yet. */
export type Protocol = 'udp' | 'tcp' | 'tls';

/** One end: a numeric address (IPv6 without brackets) and a port. */
export interface Address {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
}

/** An end of ours: where the socket is bound (perhaps a wildcard) and what peers are told. */
export interface LocalEnd extends Address {
  /** What Via and Contact name. */
  readonly advertised: { readonly address: string; readonly port: number };
}

/** RFC 3261 §19.1.2. */
export function defaultPort(protocol: Protocol): number {
  return protocol === 'tls' ? 5061 : 5060;
}

export function isReliable(protocol: Protocol): boolean {
  return protocol !== 'udp';
}

/** `udp/127.0.0.1:5060`, `tcp/[::1]:5060`. */
export function formatAddress({ protocol, address, port }: Address): string {
  return `${protocol}/${formatHostPort(address, port)}`;
}

/** Of a numeric address. */
export function family(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}
