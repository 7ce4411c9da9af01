import { copyOctets } from '../octets';
import { rtpHeaderLength, rtpSequence, rtpSsrc } from '../rtp/packet';
import { deriveSessionKeys } from './key-derivation';
import type { SrtpKeys } from './keys';
import { type CryptoKit, PLAIN_AT, TAG_AT } from './kit';
import { PacketIndex, RtcpIndex } from './packet-index';
import { type Protection, protection, RTCP_HEADER } from './protection';
import { type SrtpSuite, suiteNamed } from './suites';

/** What is said instead of a length. */
export const REFUSED = {
  /** Too short for what it claims to be. */
  malformed: -1,
  /** Not by whoever has the key, or changed on its way. */
  unauthentic: -2,
  /** It has been before, or is too old to tell. */
  replayed: -3,
} as const;

const { malformed: MALFORMED, unauthentic: UNAUTHENTIC, replayed: REPLAYED } = REFUSED;

interface Master {
  readonly protection: Protection;
  readonly mki: Uint8Array | undefined;
}

const WINDOW = 128;
/** More than any call has; only who has the key can add one. */
const MOST_SOURCES = 1_024;
/** An index and its flag, behind every SRTCP packet. */
const RTCP_WORD = 4;

/**
 * Takes the protection off what one party sends (RFC 3711 §3.3), once for each packet. Nothing that is not
 * authentic changes anything here.
 */
export class SrtpReceiver {
  readonly #kit: CryptoKit;
  readonly #suite: SrtpSuite;
  readonly #masters: readonly Master[];
  readonly #mkiLength: number;
  readonly #sources = new Map<number, PacketIndex>();
  readonly #rtcpSources = new Map<number, RtcpIndex>();
  #ssrc = 0;
  #source: PacketIndex | undefined;
  /** What protected before these keys: until packets with these come, and for their round. */
  #before: SrtpReceiver | undefined;
  #proven = false;

  /** @throws Error for a suite that is not spoken here */
  constructor(kit: CryptoKit, keys: SrtpKeys, before?: SrtpReceiver) {
    const suite = suiteNamed(keys.suite);
    if (!suite || keys.masters.length === 0) throw new Error(`no keys for ${keys.suite}`);
    this.#kit = kit;
    this.#suite = suite;
    this.#before = before;
    before?.forgetBefore();
    this.#masters = keys.masters.map((master) => ({
      mki: master.mki,
      protection: protection(kit, suite, {
        rtp: deriveSessionKeys(suite, master, 'rtp'),
        rtcp: deriveSessionKeys(suite, master, 'rtcp'),
      }),
    }));
    this.#mkiLength = keys.masters[0]!.mki?.length ?? 0;
  }

  /** The length of the packet that lies at `PLAIN_AT` then, or why there is none. */
  unprotectRtp(bytes: Buffer, offset: number, length: number): number {
    const result = this.#rtp(bytes, offset, length);
    if (result !== UNAUTHENTIC || this.#proven || this.#before === undefined) return result;
    return this.#before.unprotectRtp(bytes, offset, length);
  }

  /** As `unprotectRtp`. */
  unprotectRtcp(bytes: Buffer, offset: number, length: number): number {
    const result = this.#rtcp(bytes, offset, length);
    if (result !== UNAUTHENTIC || this.#proven || this.#before === undefined) return result;
    return this.#before.unprotectRtcp(bytes, offset, length);
  }

  close(): void {
    for (const { protection } of this.#masters) protection.close();
    this.forgetBefore();
  }

  forgetBefore(): void {
    this.#before?.close();
    this.#before = undefined;
  }

  #rtp(bytes: Buffer, offset: number, length: number): number {
    const header = rtpHeaderLength(bytes, offset, length);
    const body = length - this.#suite.rtpTag - this.#mkiLength;
    const tagged = this.#suite.cipher === 'gcm' ? body : length - this.#suite.rtpTag;
    if (header < 0 || body < header) return MALFORMED;
    const by = this.#masterOf(
      bytes,
      offset + (this.#suite.cipher === 'gcm' ? length - this.#mkiLength : body),
    );
    if (by === undefined) return UNAUTHENTIC;
    const ssrc = rtpSsrc(bytes, offset);
    const sequence = rtpSequence(bytes, offset);
    const source = this.#find(ssrc);
    if (source !== undefined) {
      if (!source.isFresh(sequence)) return REPLAYED;
      if (!this.#opens(by, bytes, offset, header, body, tagged, ssrc, source.roc, sequence)) {
        return UNAUTHENTIC;
      }
      source.take(sequence);
      this.#proven = true;
      return body;
    }
    const roc = this.#firstRoc(by, bytes, offset, header, body, tagged, ssrc, sequence);
    if (roc < 0 || this.#sources.size >= MOST_SOURCES) return UNAUTHENTIC;
    this.#sources.set(ssrc, new PacketIndex(roc, sequence, WINDOW));
    this.#proven = true;
    return body;
  }

  /**
   * The round of a source that is new to these keys: the first, or the one that it was in under the keys before:
   * RFC 3711 §8.1 lets it go on through a change of keys, and many begin anew. -1: neither is authentic.
   */
  #firstRoc(
    by: Master,
    bytes: Buffer,
    offset: number,
    header: number,
    body: number,
    tagged: number,
    ssrc: number,
    sequence: number,
  ): number {
    if (this.#opens(by, bytes, offset, header, body, tagged, ssrc, 0, sequence)) return 0;
    const before = this.#before?.roundOf(ssrc, sequence) ?? 0;
    if (before <= 0) return -1;
    return this.#opens(by, bytes, offset, header, body, tagged, ssrc, before, sequence)
      ? before
      : -1;
  }

  /** In which round a packet of this source would be; 0 for one that is not known. */
  roundOf(ssrc: number, sequence: number): number {
    const source = this.#sources.get(ssrc);
    if (source === undefined) return this.#before?.roundOf(ssrc, sequence) ?? 0;
    source.isFresh(sequence);
    return source.roc;
  }

  #opens(
    by: Master,
    bytes: Buffer,
    offset: number,
    header: number,
    body: number,
    tagged: number,
    ssrc: number,
    roc: number,
    sequence: number,
  ): boolean {
    const plain = this.#kit.bytes;
    copyOctets(bytes, offset, plain, PLAIN_AT, body);
    copyTag(bytes, offset + tagged, plain, this.#suite.rtpTag);
    return by.protection.openRtp(PLAIN_AT, header, body, ssrc, roc, sequence);
  }

  #rtcp(bytes: Buffer, offset: number, length: number): number {
    const { rtcpTag, cipher } = this.#suite;
    const body = length - rtcpTag - RTCP_WORD - this.#mkiLength;
    if (body < RTCP_HEADER) return MALFORMED;
    // RFC 3711 §3.4 has the tag at the end, RFC 7714 §9 before the index.
    const wordAt = offset + body + (cipher === 'gcm' ? rtcpTag : 0);
    const tagAt = cipher === 'gcm' ? offset + body : offset + length - rtcpTag;
    const by = this.#masterOf(bytes, wordAt + RTCP_WORD);
    if (by === undefined) return UNAUTHENTIC;
    const word = bytes.readInt32BE(wordAt);
    const index = word & 0x7fff_ffff;
    const ssrc = bytes.readInt32BE(offset + 4);
    const source = this.#rtcpSources.get(ssrc);
    if (source !== undefined && !source.isFresh(index)) return REPLAYED;
    const plain = this.#kit.bytes;
    copyOctets(bytes, offset, plain, PLAIN_AT, body);
    copyTag(bytes, tagAt, plain, rtcpTag);
    if (!by.protection.openRtcp(PLAIN_AT, body, ssrc, word)) return UNAUTHENTIC;
    if (source !== undefined) source.take(index);
    else if (this.#rtcpSources.size < MOST_SOURCES)
      this.#rtcpSources.set(ssrc, new RtcpIndex(index));
    else return UNAUTHENTIC;
    return body;
  }

  /** By the identifier that stands there, if these keys have one. */
  #masterOf(bytes: Buffer, at: number): Master | undefined {
    const masters = this.#masters;
    if (this.#mkiLength === 0) return masters[0];
    for (let i = 0; i < masters.length; i++) {
      const { mki } = masters[i]!;
      let same = true;
      for (let j = 0; j < this.#mkiLength; j++) same &&= mki![j] === bytes[at + j];
      if (same) return masters[i];
    }
    return undefined;
  }

  #find(ssrc: number): PacketIndex | undefined {
    if (ssrc === this.#ssrc && this.#source !== undefined) return this.#source;
    const source = this.#sources.get(ssrc);
    if (source !== undefined) {
      this.#ssrc = ssrc;
      this.#source = source;
    }
    return source;
  }
}

/** So few octets are copied sooner one by one. */
function copyTag(from: Buffer, at: number, to: Buffer, length: number): void {
  for (let i = 0; i < length; i++) to[TAG_AT + i] = from[at + i]!;
}
