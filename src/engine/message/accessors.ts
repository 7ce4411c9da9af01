import { structureOf } from './header-line';
import { findHeader, headersNamed, type WithHeaders } from './headers';
import { type NameAddr, parseNameAddr, parseNameAddrs } from './name-addr';
import {
  type CSeq,
  parseCSeq,
  parseHops,
  parseOptionTags,
  parseRAck,
  parseSeconds,
  parseSequence,
  parseSessionExpires,
  type RAck,
  type SessionExpires,
} from './values';
import { parseVias, type Via } from './via';

/**
 * Typed views of headers, parsed when asked for and remembered by the header. Each gives undefined
 * (lists: nothing) when the header is absent or malformed. A message that `parse` took always has
 * Call-ID, CSeq, From, To and, as a request, a top Via.
 */

/** The uppermost Via. */
export function topVia(message: WithHeaders): Via | undefined {
  return first(message, 'Via', parseVias)?.[0];
}

/** Every Via, top first. */
export function vias(message: WithHeaders): readonly Via[] {
  return all(message, 'Via', parseVias);
}

export function from(message: WithHeaders): NameAddr | undefined {
  return first(message, 'From', parseNameAddr);
}

export function to(message: WithHeaders): NameAddr | undefined {
  return first(message, 'To', parseNameAddr);
}

export function fromTag(message: WithHeaders): string | undefined {
  return from(message)?.params.get('tag');
}

export function toTag(message: WithHeaders): string | undefined {
  return to(message)?.params.get('tag');
}

/** '' when there is none, so that it can be a key. */
export function callId(message: WithHeaders): string {
  return findHeader(message, 'Call-ID')?.value ?? '';
}

export function cseq(message: WithHeaders): CSeq | undefined {
  return first(message, 'CSeq', parseCSeq);
}

export function maxForwards(message: WithHeaders): number | undefined {
  return first(message, 'Max-Forwards', parseHops);
}

/** Every Contact, or '*' (RFC 3261 §10.2.2). */
export function contacts(message: WithHeaders): readonly NameAddr[] | '*' {
  if (findHeader(message, 'Contact')?.value === '*') return '*';
  return all(message, 'Contact', parseNameAddrs);
}

/** The first Contact: the remote target of a dialog. */
export function contact(message: WithHeaders): NameAddr | undefined {
  return first(message, 'Contact', parseNameAddrs)?.[0];
}

/** The Route values, next hop first. */
export function routes(message: WithHeaders): readonly NameAddr[] {
  return all(message, 'Route', parseNameAddrs);
}

/** The Record-Route values in their order in the message: a UAC's route set is their reverse. */
export function recordRoutes(message: WithHeaders): readonly NameAddr[] {
  return all(message, 'Record-Route', parseNameAddrs);
}

export function rseq(message: WithHeaders): number | undefined {
  return first(message, 'RSeq', parseSequence);
}

export function rack(message: WithHeaders): RAck | undefined {
  return first(message, 'RAck', parseRAck);
}

/** Option tags of Supported, Require, Proxy-Require or Unsupported, in lower case. */
export function optionTags(message: WithHeaders, name: string): readonly string[] {
  return all(message, name, parseOptionTags);
}

/** Whether an option tag is listed in Require or Supported. */
export function supports(message: WithHeaders, tag: string): boolean {
  return optionTags(message, 'Require').includes(tag) || supported(message).includes(tag);
}

export function supported(message: WithHeaders): readonly string[] {
  return optionTags(message, 'Supported');
}

export function required(message: WithHeaders): readonly string[] {
  return optionTags(message, 'Require');
}

export function sessionExpires(message: WithHeaders): SessionExpires | undefined {
  return first(message, 'Session-Expires', parseSessionExpires);
}

/** Seconds. */
export function minSe(message: WithHeaders): number | undefined {
  return first(message, 'Min-SE', parseSeconds);
}

/** Seconds. */
export function expires(message: WithHeaders): number | undefined {
  return first(message, 'Expires', parseSeconds);
}

function first<T>(message: WithHeaders, name: string, parse: (value: string) => T): T | undefined {
  const header = findHeader(message, name);
  return header && structureOf(header, parse);
}

function all<T>(
  message: WithHeaders,
  name: string,
  parse: (value: string) => readonly T[] | undefined,
): readonly T[] {
  const lines = headersNamed(message, name);
  const [only] = lines;
  if (lines.length <= 1) return (only && structureOf(only, parse)) ?? [];
  return lines.flatMap((line) => structureOf(line, parse) ?? []);
}
