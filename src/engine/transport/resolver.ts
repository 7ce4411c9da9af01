import type { SipUri } from '../message';
import type { Address } from './address';

/** A place to send a request to. */
export interface NextHop extends Address {
  /** The transport was stated (`;transport=`, `sips:`, an SRV name), not assumed. */
  readonly fixed: boolean;
}

export type Resolution =
  | { readonly ok: true; readonly hops: readonly NextHop[] }
  | { readonly ok: false; readonly reason: string };

/** The questions asked of DNS; `node:dns/promises` answers them, tests too. */
export interface Dns {
  srv(
    name: string,
  ): Promise<readonly { name: string; port: number; priority: number; weight: number }[]>;
  a(name: string): Promise<readonly string[]>;
  aaaa(name: string): Promise<readonly string[]>;
}

/** Finds next hops: RFC 3263 without NAPTR. */
export interface Resolver {
  /** At once, when the URI names a numeric address or DNS was asked lately. */
  known(uri: SipUri): Resolution | undefined;
  /** Never rejects. */
  resolve(uri: SipUri): Promise<Resolution>;
}
