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

/** A message has a dozen lists of one or two parameters: looking through them is less than making maps. */
class ParamList implements Params {
  readonly #names: string[] = [];
  readonly #values: Array<string | undefined> = [];
  /** Where names are, once there are many: whoever sends thousands must not make that costly. */
  #index: Map<string, number> | undefined;

  get size(): number {
    return this.#names.length;
  }

  has(name: string): boolean {
    return this.#at(name) >= 0;
  }

  get(name: string): string | undefined {
    const at = this.#at(name);
    return at < 0 ? undefined : this.#values[at];
  }

  /** RFC 3261 §7.3.1: a parameter name must not appear twice. The first one stands. */
  add(name: string, value: string | undefined): void {
    if (this.has(name)) return;
    const at = this.#names.push(name) - 1;
    this.#values.push(value);
    if (at === FEW) this.#index = new Map(this.#names.map((one, place) => [one, place]));
    else this.#index?.set(name, at);
  }

  *[Symbol.iterator](): Iterator<readonly [string, string | undefined]> {
    for (let at = 0; at < this.#names.length; at++) yield [this.#names[at]!, this.#values[at]];
  }

  #at(name: string): number {
    return this.#index ? (this.#index.get(name) ?? -1) : this.#names.indexOf(name);
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
