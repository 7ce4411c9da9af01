import { randomBytes, randomUUID } from 'node:crypto';

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
  token: (bytes) => randomBytes(bytes).toString('hex'),
};
