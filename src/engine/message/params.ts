import { CODE, endOfQuoted, skipSpace, unquote } from './scan';

/**
 * Parameters in their order; names in lower case, values as written (quotes included), undefined
 * for a name without `=`.
 */
export interface Params extends Iterable<readonly [name: string, value: string | undefined]> {
  readonly size: number;
  has(name: string): boolean;
  get(name: string): string | undefined;
}

interface Param {
  readonly name: string;
  readonly value: string | undefined;
  next: Param | undefined;
}

/**
 * A message has a dozen lists of one or two parameters, and a call some sixty: a chain is less to make and to keep
 * than arrays, which V8 gives room for seventeen at the first push.
 */
class ParamList implements Params {
  #first: Param | undefined;
  #last: Param | undefined;
  #size = 0;
  /** Once there are many: whoever sends thousands must not make that costly. */
  #index: Map<string, Param> | undefined;

  get size(): number {
    return this.#size;
  }

  has(name: string): boolean {
    return this.#named(name) !== undefined;
  }

  get(name: string): string | undefined {
    return this.#named(name)?.value;
  }

  /** RFC 3261 §7.3.1: a parameter name must not appear twice. The first one stands. */
  add(name: string, value: string | undefined): void {
    if (this.has(name)) return;
    const param: Param = { name, value, next: undefined };
    if (this.#last) this.#last.next = param;
    else this.#first = param;
    this.#last = param;
    this.#size += 1;
    if (this.#size > FEW) this.#indexed().set(name, param);
  }

  *[Symbol.iterator](): Iterator<readonly [string, string | undefined]> {
    for (let one = this.#first; one; one = one.next) yield [one.name, one.value];
  }

  #named(name: string): Param | undefined {
    if (this.#index) return this.#index.get(name);
    let one = this.#first;
    while (one && one.name !== name) one = one.next;
    return one;
  }

  #indexed(): Map<string, Param> {
    if (this.#index) return this.#index;
    this.#index = new Map();
    for (let one = this.#first; one; one = one.next) this.#index.set(one.name, one);
    return this.#index;
  }
}

const FEW = 8;

export const NO_PARAMS: Params = new ParamList();

/**
 * Parses `;name=value;name` from position `from` to the end of `text`. White space is allowed
 * around `;` and `=`; values may be quoted strings that hold any separator. Undefined when
 * malformed: an empty name, an open quote, a space or separator inside a bare value.
 */
export function parseParams(text: string, from = 0): Params | undefined {
  let at = skipSpace(text, from);
  if (at === text.length) return NO_PARAMS;
  const params = new ParamList();
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
    params.add(name, value);
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
