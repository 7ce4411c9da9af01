import { nearest } from '../../core';

/** What a field holds, as it is kept, shown as JSON and compared. */
export type FieldValue = string | number | boolean | readonly string[];

/** One field of an entry: what it takes, and the words that say so. */
export interface Field<T extends FieldValue = FieldValue> {
  /** One line: what it does. */
  readonly why: string;
  /** What it takes, to follow "wants". */
  readonly wants: string;
  /** JSON Schema of its value. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Kept by the program itself; says what to do instead of setting it. */
  readonly readOnly?: string;
  /** The value as it is kept, or undefined when it is not taken. */
  read(value: unknown): T | undefined;
  /** What a person wrote in a cell or on a command line, as a value for `read`. */
  fromText(text: string): unknown;
}

/** A sentence for a value that `field` does not take. */
export function refusal(field: Field, value: unknown): string {
  const words = field.schema.enum;
  const shown = JSON.stringify(value) ?? 'nothing';
  const got = `wants ${field.wants}, got ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}`;
  const meant =
    Array.isArray(words) && typeof value === 'string' ? nearest(value, words) : undefined;
  return meant === undefined ? got : `${got}; the nearest is ${meant}`;
}

export function choice<const W extends string>(words: readonly W[], why: string): Field<W> {
  return {
    why,
    wants: either(words),
    schema: { type: 'string', enum: words },
    read: (value) => words.find((word) => word === value),
    fromText: (text) => text,
  };
}

export function flag(why: string): Field<boolean> {
  return {
    why,
    wants: 'true or false',
    schema: { type: 'boolean' },
    read: (value) => (typeof value === 'boolean' ? value : undefined),
    fromText: (text) => TRUTHS.get(text.toLowerCase()) ?? text,
  };
}

/** Spreadsheets and people write these for one another. */
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'on', 'yes'].map((word) => [word, true] as const),
  ...['false', 'off', 'no'].map((word) => [word, false] as const),
]);

/** A whole number from `least` to `most`, or 0 where `zero` says what that means. */
export function whole(least: number, most: number, why: string, zero?: string): Field<number> {
  const range = `a whole number from ${least} to ${most}`;
  const fits = (value: number) =>
    (value >= least && value <= most) || (zero !== undefined && value === 0);
  return {
    why,
    wants: zero === undefined ? range : `${range}, or 0 for ${zero}`,
    schema: { type: 'integer', minimum: zero === undefined ? least : 0, maximum: most },
    read: (value) =>
      Number.isInteger(value) && fits(value as number) ? (value as number) : undefined,
    fromText: (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : text),
  };
}

/** A text of one line; `read` may say it in another way, or refuse it. */
export function line(
  longest: number,
  why: string,
  more: { wants?: string; read?: (text: string) => string | undefined } = {},
): Field<string> {
  return {
    why,
    wants: more.wants ?? `text of 1 to ${longest} characters on one line`,
    schema: { type: 'string', minLength: 1, maxLength: longest },
    read: (value) => {
      const fits = typeof value === 'string' && ONE_LINE.test(value) && value.length <= longest;
      return fits ? (more.read ?? String)(value) : undefined;
    },
    fromText: (text) => text,
  };
}

const ONE_LINE = /^[^\p{Cc}]+$/u;

/** A list of lines; in a cell they stand with `;` between. */
export function list(item: Field<string>, most: number, why: string): Field<readonly string[]> {
  return {
    why,
    wants: `at most ${most}, each ${item.wants}`,
    schema: { type: 'array', items: item.schema, maxItems: most },
    read: (value) => {
      if (!Array.isArray(value) || value.length > most) return undefined;
      const items = value.map((one) => item.read(one));
      return items.includes(undefined) ? undefined : [...new Set(items as string[])];
    },
    fromText: (text) =>
      text
        .split(';')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
  };
}

/** The other way of `fromText`. */
export function toText(value: FieldValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? value.join(';') : String(value);
}

function either(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
