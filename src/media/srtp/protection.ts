import type { SessionKeys } from './key-derivation';
import {
  AAD_AT,
  type CounterMode,
  type CryptoKit,
  type Gcm,
  type HmacSha1,
  MAC_AT,
  TAG_AT,
} from './kit';
import type { SrtpSuite } from './suites';

/**
 * The packets of one direction under one master key, without memory of what went before. A packet lies in the
 * kit's memory from `at`, a multiple of 4; its index is given as RFC 3711 §3.3.1 makes it: the roll-over counter and
 * the sequence number, or the two halves of an SRTCP index.
 */
export interface Protection {
  /** The length after; the tag stands at the end. */
  sealRtp(
    at: number,
    header: number,
    length: number,
    ssrc: number,
    roc: number,
    seq: number,
  ): number;
  /** False when the packet, without its tag, is not what the tag at `TAG_AT` says. */
  openRtp(
    at: number,
    header: number,
    length: number,
    ssrc: number,
    roc: number,
    seq: number,
  ): boolean;
  /** The length after, with the index in it. */
  sealRtcp(at: number, length: number, ssrc: number, index: number): number;
  /** `word` is the index with its encryption flag, as it came; `length` without it. */
  openRtcp(at: number, length: number, ssrc: number, word: number): boolean;
  close(): void;
}

export const RTCP_HEADER = 8;
const ENCRYPTED = 0x8000_0000 | 0;
const INDEX = 0x7fff_ffff;

export interface BothSessionKeys {
  readonly rtp: SessionKeys;
  readonly rtcp: SessionKeys;
}

export function protection(kit: CryptoKit, suite: SrtpSuite, keys: BothSessionKeys): Protection {
  return suite.cipher === 'gcm'
    ? new GcmProtection(kit, keys)
    : new CounterModeProtection(kit, suite, keys);
}

/** AES in counter mode and HMAC-SHA1: RFC 3711 §4.1.1, §4.2.1; RFC 6188. */
class CounterModeProtection implements Protection {
  readonly #rtp: CounterModeKeys;
  readonly #rtcp: CounterModeKeys;

  constructor(
    private readonly kit: CryptoKit,
    private readonly suite: SrtpSuite,
    keys: BothSessionKeys,
  ) {
    this.#rtp = new CounterModeKeys(kit, keys.rtp);
    this.#rtcp = new CounterModeKeys(kit, keys.rtcp);
  }

  sealRtp(
    at: number,
    header: number,
    length: number,
    ssrc: number,
    roc: number,
    seq: number,
  ): number {
    const { kit, suite } = this;
    this.#rtp.apply(at + header, length - header, ssrc, roc, seq);
    writeWord(kit.bytes, at + length, roc);
    this.#rtp.mac.digest(at, length + 4);
    copyTag(kit.bytes, at + length, suite.rtpTag);
    return length + suite.rtpTag;
  }

  openRtp(
    at: number,
    header: number,
    length: number,
    ssrc: number,
    roc: number,
    seq: number,
  ): boolean {
    const { kit, suite } = this;
    writeWord(kit.bytes, at + length, roc);
    this.#rtp.mac.digest(at, length + 4);
    if (!isTag(kit.bytes, suite.rtpTag)) return false;
    this.#rtp.apply(at + header, length - header, ssrc, roc, seq);
    return true;
  }

  sealRtcp(at: number, length: number, ssrc: number, index: number): number {
    const { kit, suite } = this;
    this.#rtcp.apply(at + RTCP_HEADER, length - RTCP_HEADER, ssrc, index >>> 16, index & 0xffff);
    writeWord(kit.bytes, at + length, index | ENCRYPTED);
    this.#rtcp.mac.digest(at, length + 4);
    copyTag(kit.bytes, at + length + 4, suite.rtcpTag);
    return length + 4 + suite.rtcpTag;
  }

  openRtcp(at: number, length: number, ssrc: number, word: number): boolean {
    const { kit, suite } = this;
    writeWord(kit.bytes, at + length, word);
    this.#rtcp.mac.digest(at, length + 4);
    if (!isTag(kit.bytes, suite.rtcpTag)) return false;
    const index = word & INDEX;
    if ((word & ENCRYPTED) !== 0) {
      this.#rtcp.apply(at + RTCP_HEADER, length - RTCP_HEADER, ssrc, index >>> 16, index & 0xffff);
    }
    return true;
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }
}

class CounterModeKeys {
  readonly mac: HmacSha1;
  readonly #cipher: CounterMode;
  readonly #salt: Int32Array;

  constructor(kit: CryptoKit, { cipher, authentication, salt }: SessionKeys) {
    this.#cipher = kit.counterMode(cipher);
    this.mac = kit.hmacSha1(authentication);
    this.#salt = wordsOf(salt, 4);
  }

  /** The counter block: salt, source and index, each in its place, and 16 bits to count in. */
  apply(at: number, length: number, ssrc: number, high: number, low: number): void {
    const salt = this.#salt;
    this.#cipher.apply(
      at,
      length,
      salt[0]!,
      salt[1]! ^ ssrc,
      salt[2]! ^ high,
      salt[3]! ^ (low << 16),
    );
  }

  close(): void {
    this.#cipher.close();
  }
}

/** AES-GCM: RFC 7714 §8, §9. */
class GcmProtection implements Protection {
  readonly #rtp: GcmKeys;
  readonly #rtcp: GcmKeys;

  constructor(
    private readonly kit: CryptoKit,
    keys: BothSessionKeys,
  ) {
    this.#rtp = new GcmKeys(kit, keys.rtp);
    this.#rtcp = new GcmKeys(kit, keys.rtcp);
  }

  sealRtp(
    at: number,
    header: number,
    length: number,
    ssrc: number,
    roc: number,
    seq: number,
  ): number {
    this.#rtp.seal(at, header, at + header, length - header, ssrc, roc, seq);
    copyTag(this.kit.bytes, at + length, GCM_TAG);
    return length + GCM_TAG;
  }

  openRtp(
    at: number,
    header: number,
    length: number,
    ssrc: number,
    roc: number,
    seq: number,
  ): boolean {
    return this.#rtp.open(at, header, at + header, length - header, ssrc, roc, seq);
  }

  sealRtcp(at: number, length: number, ssrc: number, index: number): number {
    const { bytes } = this.kit;
    const word = index | ENCRYPTED;
    this.#associate(at, RTCP_HEADER, word);
    const body = length - RTCP_HEADER;
    this.#rtcp.seal(
      AAD_AT,
      RTCP_HEADER + 4,
      at + RTCP_HEADER,
      body,
      ssrc,
      index >>> 16,
      index & 0xffff,
    );
    copyTag(bytes, at + length, GCM_TAG);
    writeWord(bytes, at + length + GCM_TAG, word);
    return length + GCM_TAG + 4;
  }

  openRtcp(at: number, length: number, ssrc: number, word: number): boolean {
    const index = word & INDEX;
    // What is not encrypted is all of it associated data (RFC 7714 §9.3).
    const clear = (word & ENCRYPTED) === 0 ? length : RTCP_HEADER;
    this.#associate(at, clear, word);
    return this.#rtcp.open(
      AAD_AT,
      clear + 4,
      at + clear,
      length - clear,
      ssrc,
      index >>> 16,
      index & 0xffff,
    );
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }

  #associate(at: number, length: number, word: number): void {
    const { bytes } = this.kit;
    bytes.copyWithin(AAD_AT, at, at + length);
    writeWord(bytes, AAD_AT + length, word);
  }
}

const GCM_TAG = 16;

class GcmKeys {
  readonly #cipher: Gcm;
  readonly #salt: Int32Array;

  constructor(kit: CryptoKit, { cipher, salt }: SessionKeys) {
    this.#cipher = kit.gcm(cipher);
    this.#salt = wordsOf(salt, 3);
  }

  /** The nonce: two octets of nought, source and index, with the salt on it (RFC 7714 §8.1, §9.1). */
  seal(
    aadAt: number,
    aadLength: number,
    at: number,
    length: number,
    ssrc: number,
    high: number,
    low: number,
  ): void {
    const salt = this.#salt;
    const w1 = salt[1]! ^ ((ssrc << 16) | (high >>> 16));
    const w2 = salt[2]! ^ ((high << 16) | low);
    this.#cipher.seal(aadAt, aadLength, at, length, salt[0]! ^ (ssrc >>> 16), w1, w2);
  }

  open(
    aadAt: number,
    aadLength: number,
    at: number,
    length: number,
    ssrc: number,
    high: number,
    low: number,
  ): boolean {
    const salt = this.#salt;
    const w1 = salt[1]! ^ ((ssrc << 16) | (high >>> 16));
    const w2 = salt[2]! ^ ((high << 16) | low);
    return this.#cipher.open(aadAt, aadLength, at, length, salt[0]! ^ (ssrc >>> 16), w1, w2);
  }

  close(): void {
    this.#cipher.close();
  }
}

function wordsOf(octets: Buffer, count: number): Int32Array {
  const padded = Buffer.alloc(4 * count);
  octets.copy(padded);
  return Int32Array.from({ length: count }, (_, i) => padded.readInt32BE(4 * i));
}

function writeWord(bytes: Buffer, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

function copyTag(bytes: Buffer, to: number, length: number): void {
  for (let i = 0; i < length; i++) bytes[to + i] = bytes[MAC_AT + i]!;
}

/** In a time that does not tell where they differ. */
function isTag(bytes: Buffer, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= bytes[MAC_AT + i]! ^ bytes[TAG_AT + i]!;
  return difference === 0;
}
