import { isIPv4, isIPv6 } from 'node:net';
import { asSipUri } from '../message';

/** How far an address reaches: one with a smaller number is meaningless further out. */
enum Scope {
  Host = 0,
  Link = 1,
  Site = 2,
  Global = 3,
}

/**
 * Whether a peer that sent from `source` cannot be reached at the Contact it gave: the Contact's
 * host is an address of narrower scope than the one its message came from (a private address seen
 * from the public side of a NAT, `0.0.0.0`, `.invalid`). A public Contact elsewhere is taken at its
 * word, as RFC 3261 §12.2.1.1 wants it.
 */
export function isBehindNat(contact: string, source: string): boolean {
  const host = asSipUri(contact)?.host;
  if (host === undefined || host === source) return false;
  if (host.toLowerCase().endsWith('.invalid')) return true;
  const said = scopeOf(host);
  const seen = scopeOf(source);
  return said !== undefined && seen !== undefined && said < seen;
}

function scopeOf(address: string): Scope | undefined {
  if (isIPv4(address)) return scopeOf4(address);
  if (!isIPv6(address)) return undefined;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return scopeOf4(mapped);
  const lower = address.toLowerCase();
  if (lower === '::1' || lower === '::') return Scope.Host;
  if (/^fe[89ab]/.test(lower)) return Scope.Link;
  return /^f[cd]/.test(lower) ? Scope.Site : Scope.Global;
}

function scopeOf4(address: string): Scope {
  const [a = 0, b = 0] = address.split('.').map(Number);
  if (a === 127 || a === 0) return Scope.Host;
  if (a === 169 && b === 254) return Scope.Link;
  // RFC 1918, and RFC 6598 for carrier-grade NAT.
  const site =
    a === 10 ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b <= 127);
  return site ? Scope.Site : Scope.Global;
}
