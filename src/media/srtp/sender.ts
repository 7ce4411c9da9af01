import { copyOctets } from '../octets';
import { rtpHeaderLength, rtpSequence, rtpSsrc } from '../rtp/packet';
import { deriveSessionKeys } from './key-derivation';
import type { SrtpKeys } from './keys';
import { type CryptoKit, SEALED_AT } from './kit';
import { PacketIndex } from './packet-index';
import { type Protection, protection, RTCP_HEADER } from './protection';
import { suiteNamed } from './suites';

/** One source as it leaves. */
interface Outgoing {
  readonly index: PacketIndex;
  /** What is added to its sequence numbers. */
  shift: number;
}

/** Packets that arrive late are passed late, within this many. */
const WINDOW = 64;
/** More than any call has; each must be remembered for as long as the key is used. */
const MOST_SOURCES = 1_024;
/** What a packet may have of its own, so that SRTP's share still fits into a datagram. */
const LONGEST = 65_000;

/**
 * Protects what goes to one party (RFC 3711 §3.3). An index is never used twice with a key: of a packet that
 * has been only the first leaves, and a source that begins its numbering anew is numbered on from where it was.
 */
export class SrtpSender {
  readonly #protection: Protection;
  readonly #sources = new Map<number, Outgoing>();
  readonly #rtcpIndex = new Map<number, number>();
  #ssrc = 0;
  #source: Outgoing | undefined;

  /** @throws Error for a suite that is not spoken here */
  constructor(
    private readonly kit: CryptoKit,
    keys: SrtpKeys,
  ) {
    const suite = suiteNamed(keys.suite);
    const [master] = keys.masters;
    if (!suite || !master) throw new Error(`no keys for ${keys.suite}`);
    this.#protection = protection(kit, suite, {
      rtp: deriveSessionKeys(suite, master, 'rtp'),
      rtcp: deriveSessionKeys(suite, master, 'rtcp'),
    });
  }

  /** The length of the packet that lies at `SEALED_AT` then; -1 when nothing is to be sent. */
  protectRtp(bytes: Buffer, offset: number, length: number): number {
    const header = rtpHeaderLength(bytes, offset, length);
    if (header < 0 || length > LONGEST) return -1;
    const ssrc = rtpSsrc(bytes, offset);
    const received = rtpSequence(bytes, offset);
    const source = this.#find(ssrc, received);
    if (source === undefined) return -1;
    let sequence = (received + source.shift) & 0xffff;
    if (!source.index.isFresh(sequence)) {
      const { highest } = source.index;
      const behind = (highest - sequence) & 0xffff;
      if (behind < WINDOW) return -1;
      sequence = (highest + 1) & 0xffff;
      source.shift = sequence - received;
      source.index.isFresh(sequence);
    }
    source.index.take(sequence);
    const sealed = this.kit.bytes;
    copyOctets(bytes, offset, sealed, SEALED_AT, length);
    sealed[SEALED_AT + 2] = sequence >> 8;
    sealed[SEALED_AT + 3] = sequence;
    return this.#protection.sealRtp(SEALED_AT, header, length, ssrc, source.index.roc, sequence);
  }

  /** As `protectRtp`. */
  protectRtcp(bytes: Buffer, offset: number, length: number): number {
    if (length < RTCP_HEADER || length > LONGEST) return -1;
    const ssrc = bytes.readInt32BE(offset + 4);
    const index = this.#rtcpIndex.get(ssrc) ?? 0;
    if (index === 0 && this.#rtcpIndex.size >= MOST_SOURCES) return -1;
    this.#rtcpIndex.set(ssrc, index + 1);
    copyOctets(bytes, offset, this.kit.bytes, SEALED_AT, length);
    return this.#protection.sealRtcp(SEALED_AT, length, ssrc, index);
  }

  close(): void {
    this.#protection.close();
  }

  #find(ssrc: number, sequence: number): Outgoing | undefined {
    if (ssrc === this.#ssrc && this.#source !== undefined) return this.#source;
    let source = this.#sources.get(ssrc);
    if (source === undefined) {
      if (this.#sources.size >= MOST_SOURCES) return undefined;
      // One before the first, which is thereby fresh; no round is before the first.
      source = {
        index: new PacketIndex(sequence === 0 ? -1 : 0, (sequence - 1) & 0xffff, WINDOW),
        shift: 0,
      };
      this.#sources.set(ssrc, source);
    }
    this.#ssrc = ssrc;
    this.#source = source;
    return source;
  }
}
