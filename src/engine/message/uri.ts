import { formatParams, NO_PARAMS, type Params, parseParams } from './params';
import { parseUnsigned } from './scan';

/** A sip or sips URI: RFC 3261 §19.1.1. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** As written, escapes kept; undefined when there is none. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Host name, IPv4, or IPv6 without brackets; case as written. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** What follows `?`, as written. */
  readonly headers: string | undefined;
}

/** A tel URI: RFC 3966. The number keeps its visual separators. */
export interface TelUri {
  readonly scheme: 'tel';
  readonly number: string;
  readonly params: Params;
}

/** Any other scheme, kept as text. */
export interface OtherUri {
  readonly scheme: 'other';
  readonly text: string;
}

export type Uri = SipUri | TelUri | OtherUri;

/** Undefined for what is no URI: white space, control characters, `<>"`, no scheme, no host. */
export function parseUri(text: string): Uri | undefined {
  const colon = schemeEnd(text);
  if (colon < 0 || !isUriText(text)) return undefined;
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(scheme, text, colon + 1);
  if (colon + 1 === text.length) return undefined;
  return scheme === 'tel' ? parseTelUri(text) : { scheme: 'other', text };
}

/** A sip or sips URI only. */
export function asSipUri(text: string): SipUri | undefined {
  const uri = parseUri(text);
  return uri && (uri.scheme === 'sip' || uri.scheme === 'sips') ? uri : undefined;
}

export function formatUri(uri: Uri): string {
  if (uri.scheme === 'other') return uri.text;
  if (uri.scheme === 'tel') return `tel:${uri.number}${formatParams(uri.params)}`;
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const user = uri.user === undefined ? '' : `${uri.user}${password}@`;
  const headers = uri.headers === undefined ? '' : `?${uri.headers}`;
  const place = formatHostPort(uri.host, uri.port);
  return `${uri.scheme}:${user}${place}${formatParams(uri.params)}${headers}`;
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`. */
export function formatHostPort(host: string, port?: number): string {
  const place = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? place : `${place}:${port}`;
}

export interface HostPort {
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** Parses `host[:port]` with IPv6 references in brackets; undefined when malformed. */
export function parseHostPort(text: string): HostPort | undefined {
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    const host = text.slice(1, close);
    if (close < 0 || !IPV6.test(host)) return undefined;
    if (close === text.length - 1) return { host, port: undefined };
    return text[close + 1] === ':' ? withPort(host, text.slice(close + 2)) : undefined;
  }
  const colon = text.indexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon);
  if (!HOST.test(host)) return undefined;
  return colon < 0 ? { host, port: undefined } : withPort(host, text.slice(colon + 1));
}

/** The address characters of RFC 3261's IPv6address; whether it is one, connecting will tell. */
const IPV6 = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/;
/** Letters, digits, hyphen and dot; the underscore is met in the field (Docker, Windows). */
const HOST = /^[A-Za-z0-9._-]+$/;

function withPort(host: string, digits: string): HostPort | undefined {
  const port = parseUnsigned(digits, 65_535);
  return port === undefined ? undefined : { host, port };
}

function parseSipUri(scheme: 'sip' | 'sips', text: string, from: number): SipUri | undefined {
  // The user part may hold `;?/` unescaped but never `@`; nothing behind the host may hold `@`
  // before its `?`. So the first `@` ends the user.
  const question = text.indexOf('?', from);
  let at = text.indexOf('@', from);
  // An `@` that first comes inside the headers, e.g. `?Subject=a@b`, where no user precedes the
  // `?`, would be illegal unescaped; the user reading is the RFC's.
  let user: string | undefined;
  let password: string | undefined;
  if (at >= 0) {
    const colon = text.indexOf(':', from);
    const split = colon >= 0 && colon < at;
    user = text.slice(from, split ? colon : at);
    if (split) password = text.slice(colon + 1, at);
    if (user === '') return undefined;
    at += 1;
  } else {
    at = from;
  }
  const headersAt = question >= at ? question : text.indexOf('?', at);
  const end = headersAt < 0 ? text.length : headersAt;
  const semicolon = text.indexOf(';', at);
  const hostEnd = semicolon >= 0 && semicolon < end ? semicolon : end;
  const place = parseHostPort(text.slice(at, hostEnd));
  const params = hostEnd === end ? NO_PARAMS : parseParams(text.slice(hostEnd, end));
  if (!place || !params) return undefined;
  const headers = headersAt < 0 ? undefined : text.slice(headersAt + 1);
  return { scheme, user, password, host: place.host, port: place.port, params, headers };
}

function parseTelUri(text: string): TelUri | undefined {
  const semicolon = text.indexOf(';');
  const end = semicolon < 0 ? text.length : semicolon;
  const number = text.slice(4, end);
  const params = parseParams(text, end);
  return number && params ? { scheme: 'tel', number, params } : undefined;
}

/** The position of the `:` after a scheme, or -1. */
function schemeEnd(text: string): number {
  if (text.startsWith('sip:')) return 3;
  const colon = text.indexOf(':');
  return colon > 0 && /^[A-Za-z][A-Za-z0-9+.-]*$/.test(text.slice(0, colon)) ? colon : -1;
}

function isUriText(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 0x20 || code === 0x7f || code === 0x22 || code === 0x3c || code === 0x3e)
      return false;
  }
  return true;
}
