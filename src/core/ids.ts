import { randomBytes, randomFillSync } from 'node:crypto';

/** A source of identifiers, so that tests can make them predictable. */
export interface Ids {
  /** RFC 9562 version 4, lower case, 36 characters. */
  uuid(): string;
  /** `bytes` random bytes as lower-case hexadecimal. */
  token(bytes: number): string;
}

/** Identifiers from the system's random source. */
export const randomIds: Ids = {
  uuid,
  token: (bytes) => (bytes <= MAX_POOLED ? pooled(bytes) : randomBytes(bytes).toString('hex')),
};

/** Asking the source costs ten times what the bytes do: it is asked for many at once. */
const pool = Buffer.allocUnsafeSlow(4_096);
const MAX_POOLED = 64;
let used = pool.length;

function pooled(bytes: number): string {
  const from = take(bytes);
  return pool.toString('hex', from, from + bytes);
}

/** Where so many fresh bytes are. */
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}

const DIGITS = Buffer.from('0123456789abcdef');
const text = Buffer.from('00000000-0000-4000-8000-000000000000');
/** Of the version and variant, which are not random. */
const VERSION_AT = 14;
const VARIANT_AT = 19;
const HYPHEN = 0x2d;

/** In one piece of memory, where `randomUUID` leaves a chain of twenty: many are kept as long as a call. */
function uuid(): string {
  const first = take(16);
  let from = first;
  let high = true;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === HYPHEN) continue;
    const byte = pool[from]!;
    text[at] = DIGITS[high ? byte >> 4 : byte & 15]!;
    if (!high) from += 1;
    high = !high;
  }
  text[VERSION_AT] = DIGITS[4]!;
  text[VARIANT_AT] = DIGITS[8 | ((pool[first + 8]! >> 4) & 3)]!;
  return text.toString('latin1');
}
