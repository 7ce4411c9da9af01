import { formatParams, type Params, paramValue, parseParams, withParam } from './params';
import { CODE, isToken, parseUnsigned, splitList } from './scan';
import { formatHostPort, parseHostPort } from './uri';

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
export function parseVia(value: string): Via | undefined {
  const head = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([^ \t/;]+)[ \t]+/i.exec(value);
  const transport = head?.[1];
  if (!head || !transport || !isToken(transport)) return undefined;
  const semicolon = value.indexOf(';', head[0].length);
  const end = semicolon < 0 ? value.length : semicolon;
  // RFC 3261 allows white space around the colon before the port.
  const sentBy = parseHostPort(
    value.slice(head[0].length, end).replace(/[ \t]*(:)[ \t]*|[ \t]+$/g, '$1'),
  );
  const params = parseParams(value, end);
  if (!sentBy || !params) return undefined;
  return via(transport.toUpperCase(), sentBy.host, sentBy.port, params);
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

/** The same Via with a parameter set. */
export function withViaParam(one: Via, name: string, value: string | undefined): Via {
  return via(one.transport, one.host, one.port, withParam(one.params, name, value));
}

function unbracket(host: string): string {
  return host.charCodeAt(0) === CODE.LEFT_BRACKET && host.endsWith(']') ? host.slice(1, -1) : host;
}
