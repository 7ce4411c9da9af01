import { CODE, endOfQuoted, skipSpace, unquote } from './scan';

/**
 * Parameters in their order; names in lower case, values as written (quotes included), undefined
 * for a name without `=`.
 */
export type Params = ReadonlyMap<string, string | undefined>;

export const NO_PARAMS: Params = new Map();

/**
 * Parses `;name=value;name` from position `from` to the end of `text`. White space is allowed
 * around `;` and `=`; values may be quoted strings that hold any separator. Undefined when
 * malformed: an empty name, an open quote, a space or separator inside a bare value.
 */
export function parseParams(text: string, from = 0): Params | undefined {
  let at = skipSpace(text, from);
  if (at === text.length) return NO_PARAMS;
  const params = new Map<string, string | undefined>();
  while (at < text.length) {
    if (text.charCodeAt(at) !== CODE.SEMICOLON) return undefined;
    at = skipSpace(text, at + 1);
    const nameEnd = endOfBare(text, at, true);
    if (nameEnd === at) return undefined;
    const name = text.slice(at, nameEnd).toLowerCase();
    at = skipSpace(text, nameEnd);
    let value: string | undefined;
    if (text.charCodeAt(at) === CODE.EQUALS) {
      at = skipSpace(text, at + 1);
      const quoted = text.charCodeAt(at) === CODE.QUOTE;
      const valueEnd = quoted ? endOfQuoted(text, at) : endOfBare(text, at, false);
      if (valueEnd < 0) return undefined;
      value = text.slice(at, valueEnd);
      at = skipSpace(text, valueEnd);
    }
    // RFC 3261 §7.3.1: a parameter name must not appear twice. The first one stands.
    if (!params.has(name)) params.set(name, value);
  }
  return params;
}

/** Where a bare name or value ends: at a separator that cannot be part of it. */
function endOfBare(text: string, from: number, isName: boolean): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= CODE.SPACE || code === CODE.SEMICOLON || code === CODE.COMMA) break;
    if (code === CODE.QUOTE || code === CODE.LEFT_ANGLE || code === CODE.RIGHT_ANGLE) break;
    if (isName && code === CODE.EQUALS) break;
  }
  return at;
}

/** `;name=value;name`, or '' for none. */
export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params)
    text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** A parameter's value without quotes; undefined when absent or without a value. */
export function paramValue(params: Params, name: string): string | undefined {
  const value = params.get(name);
  return value === undefined ? undefined : unquote(value);
}
