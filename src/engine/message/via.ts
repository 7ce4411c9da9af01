import { formatParams, type Params, paramValue, parseParams } from './params';
import { CODE, isToken, parseUnsigned, splitList, trimmed } from './scan';
import { formatHostPort, type HostPort, parseHostPort } from './uri';

/** One Via value: RFC 3261 §20.42. */
export interface Via {
  /** Upper case: `UDP`, `TCP`, `TLS`, or whatever else was written. */
  readonly transport: string;
  /** Sent-by host, IPv6 without brackets. */
  readonly host: string;
  /** Sent-by port as written, undefined when absent. */
  readonly port: number | undefined;
  readonly params: Params;
  readonly branch: string | undefined;
  /** Source address stamped by whoever received the request (RFC 3261 §18.2.1). */
  readonly received: string | undefined;
  /** RFC 3581: true when asked for, the port once filled in, undefined when absent. */
  readonly rport: number | true | undefined;
  readonly maddr: string | undefined;
  readonly ttl: number | undefined;
}

/** The start of a branch made under RFC 3261 §8.1.1.7. */
export const MAGIC_COOKIE = 'z9hG4bK';

/** One Via value; undefined when malformed or of another protocol than SIP/2.0. */
function parseVia(value: string): Via | undefined {
  const transportAt = endOfProtocol(value);
  if (transportAt < 0) return undefined;
  const transportEnd = endOfWord(value, transportAt);
  const transport = value.slice(transportAt, transportEnd);
  const semicolon = value.indexOf(';', transportEnd);
  const end = semicolon < 0 ? value.length : semicolon;
  const sentBy = parseSentBy(trimmed(value, transportEnd, end));
  if (!isToken(transport) || !sentBy) return undefined;
  const params = parseParams(value, end);
  return params && via(transport.toUpperCase(), sentBy.host, sentBy.port, params);
}

/** Where the transport's name begins, or -1. RFC 3261 §25.1 allows white space around the slashes. */
function endOfProtocol(value: string): number {
  if (value.startsWith('SIP/2.0/') && value.charCodeAt(8) > CODE.SPACE) return 8;
  return /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*/i.exec(value)?.[0].length ?? -1;
}

function endOfWord(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) > CODE.SPACE) at++;
  return at;
}

/** RFC 3261 §25.1 allows white space around the colon before the port. */
function parseSentBy(text: string): HostPort | undefined {
  return parseHostPort(text) ?? parseHostPort(text.replace(/[ \t]*:[ \t]*/, ':'));
}

/** A Via of ours, or one changed: the typed fields follow from the parameters. */
export function via(
  transport: string,
  host: string,
  port: number | undefined,
  params: Params,
): Via {
  const rport = params.get('rport');
  const received = paramValue(params, 'received');
  const ttl = params.get('ttl');
  return {
    transport,
    host,
    port,
    params,
    branch: params.get('branch'),
    received: received === undefined ? undefined : unbracket(received),
    rport: params.has('rport') ? (parseUnsigned(rport ?? '', 65_535) ?? true) : undefined,
    maddr: params.has('maddr') ? unbracket(paramValue(params, 'maddr') ?? '') : undefined,
    ttl: ttl === undefined ? undefined : parseUnsigned(ttl, 255),
  };
}

/** The values of one Via header line; undefined when any is malformed. */
export function parseVias(value: string): readonly Via[] | undefined {
  const vias: Via[] = [];
  for (const part of splitList(value)) {
    const one = parseVia(part);
    if (!one) return undefined;
    vias.push(one);
  }
  return vias.length === 0 ? undefined : vias;
}

export function formatVia(one: Via): string {
  const place = formatHostPort(one.host, one.port);
  return `SIP/2.0/${one.transport} ${place}${formatParams(one.params)}`;
}

function unbracket(host: string): string {
  return host.charCodeAt(0) === CODE.LEFT_BRACKET && host.endsWith(']') ? host.slice(1, -1) : host;
}
