/**
 * What SRTP is made of, on one block of memory that never moves: packets are copied in, worked on where
 * they lie, and nothing is made for the collector on the way. Written twice: `native-kit.ts`, `node-kit.ts`.
 * One thread, one packet at a time: everything in a thread works in the same block.
 */
export interface CryptoKit {
  readonly name: 'native' | 'node';
  readonly bytes: Buffer;
  /** The part of it from `SEALED_AT` on. */
  readonly sealedBytes: Buffer;
  /** @param key 16 or 32 octets */
  counterMode(key: Uint8Array): CounterMode;
  hmacSha1(key: Uint8Array): HmacSha1;
  /** @param key 16 or 32 octets */
  gcm(key: Uint8Array): Gcm;
}

/** AES in counter mode (RFC 3711 §4.1.1) with one key. */
export interface CounterMode {
  /**
   * Adds the keystream that begins with the counter block of these four words to the octets from `at`,
   * a multiple of 4. Up to three octets behind them may change. The low half of `w3` is nought.
   */
  apply(at: number, length: number, w0: number, w1: number, w2: number, w3: number): void;
  close(): void;
}

/** HMAC-SHA1 (RFC 2104) with one key. */
export interface HmacSha1 {
  /** Writes 20 octets at `MAC_AT`. Up to 128 octets behind the message may change. */
  digest(at: number, length: number): void;
}

/** AES-GCM with one key and a nonce of three words (RFC 7714). */
export interface Gcm {
  /** Encrypts in place and writes the tag of 16 octets at `MAC_AT`. */
  seal(
    aadAt: number,
    aadLength: number,
    at: number,
    length: number,
    w0: number,
    w1: number,
    w2: number,
  ): void;
  /** Decrypts in place what the tag at `TAG_AT` says is authentic; false when it is not. */
  open(
    aadAt: number,
    aadLength: number,
    at: number,
    length: number,
    w0: number,
    w1: number,
    w2: number,
  ): boolean;
  close(): void;
}

/** A datagram, and what SRTP adds to it and to its end. */
const ROOM = 64 * 1024 + 512;

/** Where packets lie that were unprotected, and where those that are to be sent. */
export const PLAIN_AT = 0;
export const SEALED_AT = PLAIN_AT + ROOM;
/** Where a kit makes its keystream. */
export const STREAM_AT = SEALED_AT + ROOM;
/** Where a digest is found. */
export const MAC_AT = STREAM_AT + ROOM;
/** The tag that came with a packet. */
export const TAG_AT = MAC_AT + 32;
/** Associated data that does not lie in one piece. */
export const AAD_AT = TAG_AT + 32;
/** The kit's own. */
export const OWN_AT = AAD_AT + ROOM;
export const KIT_SIZE = OWN_AT + 1024;
