import { createCipheriv } from 'node:crypto';
import type { MasterKey } from './keys';
import type { SrtpSuite } from './suites';

/** The keys that packets are really protected with (RFC 3711 §4.3), of SRTP or of SRTCP. */
export interface SessionKeys {
  readonly cipher: Buffer;
  /** 20 octets. */
  readonly authentication: Buffer;
  readonly salt: Buffer;
}

/** First of the three labels of RFC 3711 §4.3.2. */
const LABELS = { rtp: 0, rtcp: 3 };
const AUTHENTICATION_KEY = 20;
const INPUT = 14;
/** Where the label stands in the input, which is the index (nil: keys are derived once) after it. */
const LABEL_AT = 7;

/** RFC 3711 §4.3.1 with a key derivation rate of 0; RFC 7714 §11 for salts of 96 bits. */
export function deriveSessionKeys(
  suite: SrtpSuite,
  master: MasterKey,
  of: keyof typeof LABELS,
): SessionKeys {
  const label = LABELS[of];
  return {
    cipher: derive(master, label, suite.keyLength),
    authentication: derive(master, label + 1, AUTHENTICATION_KEY),
    salt: derive(master, label + 2, suite.saltLength),
  };
}

function derive({ key, salt }: MasterKey, label: number, length: number): Buffer {
  const iv = Buffer.alloc(16);
  // A salt of 96 bits is followed by noughts.
  iv.set(salt.subarray(0, INPUT));
  iv[LABEL_AT]! ^= label;
  return createCipheriv(`aes-${8 * key.length}-ctr`, key, iv).update(Buffer.alloc(length));
}
