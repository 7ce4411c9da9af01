import { formatParams, type Params, parseParams } from './params';
import { CODE, endOfQuoted, quote, skipSpace, splitList, unquote } from './scan';
import { parseUri } from './uri';

/** An address as From, To, Contact, Route and Refer-To carry it: RFC 3261 §20.10. */
export interface NameAddr {
  /** Without quotes and escapes; undefined when there is none. */
  readonly displayName: string | undefined;
  /** The URI as written, without angle brackets. */
  readonly uri: string;
  /** The header's parameters, not the URI's. */
  readonly params: Params;
}

/**
 * One `name-addr` or `addr-spec` with parameters. Without angle brackets, parameters belong to the
 * header and the URI must hold no `?` or `,` (RFC 3261 §20). Undefined when malformed.
 */
export function parseNameAddr(value: string): NameAddr | undefined {
  const start = skipSpace(value, 0);
  let displayName: string | undefined;
  let open: number;
  if (value.charCodeAt(start) === CODE.QUOTE) {
    const end = endOfQuoted(value, start);
    if (end < 0) return undefined;
    open = skipSpace(value, end);
    if (value.charCodeAt(open) !== CODE.LEFT_ANGLE) return undefined;
    displayName = unquote(value.slice(start, end));
  } else {
    open = value.indexOf('<', start);
    if (open < 0) return parseAddrSpec(value, start);
    const bare = value.slice(start, open).trimEnd();
    // An unquoted display name is meant to be tokens; dots, parentheses and letters outside ASCII
    // are met and harmless. What would read as another structure is not taken.
    if (/[",;:@]/.test(bare)) return undefined;
    displayName = bare === '' ? undefined : bare;
  }
  const close = value.indexOf('>', open);
  if (close < 0) return undefined;
  const uri = value.slice(open + 1, close);
  const params = parseParams(value, close + 1);
  return params && parseUri(uri) ? { displayName, uri, params } : undefined;
}

function parseAddrSpec(value: string, start: number): NameAddr | undefined {
  const semicolon = value.indexOf(';', start);
  const end = semicolon < 0 ? value.length : semicolon;
  const uri = value.slice(start, end).trimEnd();
  if (uri.includes('?') || uri.includes(',')) return undefined;
  const params = parseParams(value, end);
  return params && parseUri(uri) ? { displayName: undefined, uri, params } : undefined;
}

/** A comma-separated list of addresses; undefined when any of them is malformed. */
export function parseNameAddrs(value: string): readonly NameAddr[] | undefined {
  const addresses: NameAddr[] = [];
  for (const part of splitList(value)) {
    const address = parseNameAddr(part);
    if (!address) return undefined;
    addresses.push(address);
  }
  return addresses.length === 0 ? undefined : addresses;
}

/** Always with angle brackets, so that nothing in the URI can be taken for the header's. */
export function formatNameAddr(address: NameAddr): string {
  const name = address.displayName === undefined ? '' : `${quote(address.displayName)} `;
  return `${name}<${address.uri}>${formatParams(address.params)}`;
}
