import { MAX_DELTA_SECONDS, MAX_SEQUENCE } from './limits';
import { type Params, paramValue, parseParams } from './params';
import { endOfDigits, isToken, parseUnsigned, skipSpace, splitList } from './scan';

/** RFC 3261 §20.16. */
export interface CSeq {
  readonly seq: number;
  readonly method: string;
}

/** RFC 3262 §7.2. */
export interface RAck {
  readonly rseq: number;
  readonly cseq: number;
  readonly method: string;
}

/** RFC 4028 §4. */
export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

export function parseCSeq(value: string): CSeq | undefined {
  const digitsEnd = endOfDigits(value);
  const seq = parseUnsigned(value.slice(0, digitsEnd), MAX_SEQUENCE);
  const methodAt = skipSpace(value, digitsEnd);
  const method = value.slice(methodAt);
  if (seq === undefined || methodAt === digitsEnd || !isToken(method)) return undefined;
  return { seq, method };
}

/** What follows the method is passed over: callers that add the method once more are met in the field. */
export function parseRAck(value: string): RAck | undefined {
  const [rseqDigits = '', cseqDigits = '', method = ''] = value.split(/[ \t]+/);
  const rseq = parseUnsigned(rseqDigits, MAX_SEQUENCE);
  const cseq = parseUnsigned(cseqDigits, MAX_SEQUENCE);
  if (rseq === undefined || cseq === undefined || !isToken(method)) return undefined;
  return { rseq, cseq, method };
}

export function parseSequence(value: string): number | undefined {
  return parseUnsigned(value, MAX_SEQUENCE);
}

/** RFC 3261 §20.22: 0 to 255. */
export function parseHops(value: string): number | undefined {
  return parseUnsigned(value, 255);
}

/** `delta-seconds`, with or without parameters behind it. */
export function parseSeconds(value: string): number | undefined {
  return parseDelta(value)?.seconds;
}

export function parseSessionExpires(value: string): SessionExpires | undefined {
  const delta = parseDelta(value);
  if (!delta) return undefined;
  const refresher = paramValue(delta.params, 'refresher')?.toLowerCase();
  return {
    seconds: delta.seconds,
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined,
  };
}

/** Option tags of one Supported, Require ... line, in lower case. */
export function parseOptionTags(value: string): readonly string[] {
  return splitList(value.toLowerCase()).filter((tag) => tag !== '');
}

function parseDelta(value: string): { seconds: number; params: Params } | undefined {
  const [digits, params] = splitParams(value);
  const seconds = parseUnsigned(digits, MAX_DELTA_SECONDS);
  return seconds === undefined || !params ? undefined : { seconds, params };
}

/** What precedes the first `;`, trimmed, and the parameters behind it. */
function splitParams(value: string): [before: string, params: Params | undefined] {
  const semicolon = value.indexOf(';');
  const end = semicolon < 0 ? value.length : semicolon;
  return [value.slice(0, end).trim(), parseParams(value, end)];
}
