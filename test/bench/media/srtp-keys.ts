import type { SrtpSession } from '../../../src/media';

/** What the callees of the load speak where they speak SRTP: the same for all, which costs the same. */
const KEYS = {
  suite: 'AES_CM_128_HMAC_SHA1_80',
  masters: [{ key: new Uint8Array(16).fill(7), salt: new Uint8Array(14).fill(9) }],
};
export const SRTP: SrtpSession = { send: KEYS, receive: KEYS };
/** Octets that the suite adds to a packet. */
export const TAG = 10;
