import { isIP, isIPv6 } from 'node:net';
import { type Parsed, parsed, refused } from './parsed';

/** A host with a port. IPv6 literals stand without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Where SIP is listened for: `udp/127.0.0.1:5060`, `tcp/[::1]:5060`. */
export interface SipListener {
  readonly protocol: 'udp' | 'tcp';
  /** IPv4 or IPv6 literal, without brackets. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const PROTOCOLS = ['udp', 'tcp'] as const;

/** RFC 1123 §2.1; the last label must not be all digits, so that a mistyped IPv4 address is no name. */
const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?!\d+$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

export function parsePort(text: string, least = 0): Parsed<number> {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= least && port <= 65_535) return parsed(port);
  return refused(`wants a port from ${least} to 65535, got "${text}"`);
}

/** An IPv4 or IPv6 literal; brackets around the latter are taken off. */
export function parseAddress(text: string): Parsed<string> {
  const bare = unbracket(text);
  if (isIP(bare) && !bare.includes('%')) return parsed(bare);
  return refused(`wants an IPv4 or IPv6 address, got "${text}"`);
}

/** An IPv6 literal. */
export function parseAddress6(text: string): Parsed<string> {
  const bare = unbracket(text);
  if (isIPv6(bare) && !bare.includes('%')) return parsed(bare);
  return refused(`wants an IPv6 address, got "${text}"`);
}

/** An address literal or a host name. */
export function parseHost(text: string): Parsed<string> {
  const bare = unbracket(text);
  if ((isIP(bare) && !bare.includes('%')) || HOST_NAME.test(text)) return parsed(bare);
  return refused(`wants an address or a host name, got "${text}"`);
}

/** `127.0.0.1:8080`, `[::1]:8080`, `host:8080`. */
export function parseHostPort(text: string): Parsed<HostPort> {
  const split = splitHostPort(text);
  if (!split) return refused(`wants host:port, as in 127.0.0.1:8080 or [::1]:8080, got "${text}"`);
  const host = parseHost(split.host);
  if (!host.ok) return host;
  const port = parsePort(split.port);
  return port.ok ? parsed({ host: host.value, port: port.value }) : port;
}

/** `udp/127.0.0.1:5060`, `tcp/[::1]:5060`. */
export function parseSipListener(text: string): Parsed<SipListener> {
  const slash = text.indexOf('/');
  const protocol = PROTOCOLS.find((known) => known === text.slice(0, slash).toLowerCase());
  if (!protocol) {
    return refused(`wants udp/ADDRESS:PORT or tcp/ADDRESS:PORT, got "${text}"`);
  }
  const split = splitHostPort(text.slice(slash + 1));
  if (!split) return refused(`wants a port, as in ${protocol}/127.0.0.1:5060, got "${text}"`);
  const address = parseAddress(split.host);
  if (!address.ok) return address;
  const port = parsePort(split.port);
  return port.ok ? parsed({ protocol, address: address.value, port: port.value }) : port;
}

/** Whether the address stands for every address of the machine. */
export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]+$/.test(address);
}

/** Host and port as they are written: `[::1]:5060`. */
export function showHostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function unbracket(text: string): string {
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
}

/** Splits at the last colon; an IPv6 literal must be bracketed, or its end would pass for a port. */
function splitHostPort(text: string): { host: string; port: string } | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 1 || colon === text.length - 1) return undefined;
  const host = text.slice(0, colon);
  if (host.includes(':') && !(host.startsWith('[') && host.endsWith(']'))) return undefined;
  return { host, port: text.slice(colon + 1) };
}
