import { structureOf } from './header-line';
import type { Header, SipMessage } from './message';
import { type HeaderName, headerName, isHeader } from './names';
import { splitList } from './scan';

/** Anything that has headers: a message, or the legible part of a broken one. */
export type WithHeaders = Pick<SipMessage, 'headers'>;

/** The first header of that name, in any case, long or compact. */
export function findHeader(message: WithHeaders, name: string): Header | undefined {
  const wanted = headerName(name);
  for (const header of message.headers) if (isHeader(header.name, wanted)) return header;
  return undefined;
}

/** The first value of a header as written, possibly a comma-separated list. */
export function header(message: WithHeaders, name: string): string | undefined {
  return findHeader(message, name)?.value;
}

/** Every header line of that name, in order. */
export function headersNamed(message: WithHeaders, name: string): readonly Header[] {
  const wanted = headerName(name);
  return message.headers.filter((one) => isHeader(one.name, wanted));
}

/** The values of a list header over all its lines: RFC 3261 §7.3.1. Empty elements are dropped. */
export function headerList(message: WithHeaders, name: string): readonly string[] {
  const wanted = headerName(name);
  const values: string[] = [];
  for (const one of message.headers) {
    if (!isHeader(one.name, wanted)) continue;
    for (const value of structureOf(one, splitList)) if (value !== '') values.push(value);
  }
  return values;
}

/** The headers without those of the given names. */
export function withoutHeaders(
  headers: readonly Header[],
  ...names: readonly string[]
): readonly Header[] {
  const unwanted = names.map(headerName);
  return headers.filter((one) => !isAnyOf(one, unwanted));
}

function isAnyOf(header: Header, names: readonly HeaderName[]): boolean {
  return names.some((name) => isHeader(header.name, name));
}
