import { resolve } from 'node:path';
import { z } from 'zod';
import { Secret } from '../secret';
import type { Parsed } from '../values';

/** A text that `parse` turns into what the program works with. */
export function text<T>(parse: (text: string) => Parsed<T>) {
  return z.string().transform((value, context): T => {
    const result = parse(value);
    if (result.ok) return result.value;
    context.issues.push({ code: 'custom', message: result.wants, input: value });
    return z.NEVER;
  });
}

/** A whole number in the given bounds, both included. */
export function whole(least: number, most: number) {
  return z.int().min(least).max(most);
}

/** Seconds, fractions allowed, in the given bounds, both included. */
export function seconds(least: number, most: number) {
  return z.number().min(least).max(most);
}

/** A text of 1 to `longest` characters that stands in logs and headers: no control characters. */
export function line(longest: number) {
  return z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}]*$/u, 'wants no control characters');
}

/** The name of a thing of the configuration, to refer to it. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
    'wants a name of at most 63 letters, digits, - and _, beginning with a letter',
  );

/**
 * A secret: never in the file and never a flag, which `ps` shows. It comes from the environment, or
 * from the file that the key `…File` beside it names.
 */
export function secret(why: string, leastCharacters = 1) {
  return z
    .string()
    .min(leastCharacters)
    .max(4096)
    .transform((value) => new Secret(value))
    .nullable()
    .prefault(null)
    .meta({ description: why, secret: true });
}

/** A path; resolved against the working directory. */
export function filePath() {
  return z
    .string()
    .min(1)
    .max(4096)
    .transform((path) => resolve(path));
}
