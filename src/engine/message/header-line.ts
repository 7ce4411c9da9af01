import type { Header } from './message';

type Parse<T> = (value: string) => T;

/**
 * A header that is sound: its name a token, its value on one line (`oneLine`), so that it is written as it is.
 * It remembers its parsed structure, so that layers that look at the same Via or To, also in messages made
 * by copying headers, parse it once.
 */
export class HeaderLine implements Header {
  #parsedBy: Parse<unknown> | undefined;
  #structure: unknown;

  constructor(
    readonly name: string,
    readonly value: string,
  ) {}

  structure<T>(parse: Parse<T>): T {
    if (this.#parsedBy !== parse) {
      this.#structure = parse(this.value);
      this.#parsedBy = parse;
    }
    return this.#structure as T;
  }
}

/** The parsed value of a header; `parse` must be a pure function of the text. */
export function structureOf<T>(header: Header, parse: Parse<T>): T {
  return header instanceof HeaderLine ? header.structure(parse) : parse(header.value);
}
