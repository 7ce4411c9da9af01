import { randomBytes, randomFillSync, randomUUID } from 'node:crypto';

/** A source of identifiers, so that tests can make them predictable. */
export interface Ids {
  /** RFC 9562 version 4, lower case, 36 characters. */
  uuid(): string;
  /** `bytes` random bytes as lower-case hexadecimal. */
  token(bytes: number): string;
}

/** Identifiers from the system's random source. */
export const randomIds: Ids = {
  uuid: () => randomUUID(),
  token: (bytes) => (bytes <= MAX_POOLED ? pooled(bytes) : randomBytes(bytes).toString('hex')),
};

/** Asking the source costs ten times what the bytes do: it is asked for many at once. */
const pool = Buffer.allocUnsafeSlow(4_096);
const MAX_POOLED = 64;
let used = pool.length;

function pooled(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
