import { copyOctets } from '../octets';
// From their own files: what an index passes on is looked up anew at every packet.
import { classify, DATAGRAM } from '../rtp/demux';
import { type SrtpSession, sameKeys } from './keys';
import { type CryptoKit, PLAIN_AT } from './kit';
import { REFUSED, SrtpReceiver } from './receiver';
import { SrtpSender } from './sender';

const { rtp: RTP, rtcp: RTCP } = DATAGRAM;

/**
 * SRTP between a stream and the wire, for as long as the stream lives: its contexts, and with them round and
 * replay, stay where a new agreement keeps the keys. Until keys are agreed nothing passes either way.
 */
export class SrtpTransform {
  /** What `outbound` has written, valid until the next one of this thread. */
  readonly sealed: Buffer;
  /** Packets that were not authentic, and that had been before. */
  unauthentic = 0;
  replayed = 0;

  #session: SrtpSession | undefined;
  #sender: SrtpSender | undefined;
  #receiver: SrtpReceiver | undefined;

  constructor(private readonly kit: CryptoKit) {
    this.sealed = kit.sealedBytes;
  }

  /** Undefined: agreed to, and not yet with which keys. */
  use(session: SrtpSession | undefined): void {
    if (!session) {
      this.close();
      return;
    }
    const before = this.#session;
    this.#session = session;
    if (!sameKeys(before?.send, session.send)) {
      this.#sender?.close();
      this.#sender = new SrtpSender(this.kit, session.send);
    }
    if (!sameKeys(before?.receive, session.receive)) {
      this.#receiver = new SrtpReceiver(this.kit, session.receive, this.#receiver);
    }
  }

  /** Opens in place; the new length, or -1 when nobody is to hear it. */
  inbound(bytes: Buffer, offset: number, length: number): number {
    const receiver = this.#receiver;
    if (receiver === undefined) return -1;
    const kind = classify(bytes, offset, length);
    // What is neither is nobody's secret, and nobody's.
    if (kind !== RTP && kind !== RTCP) return length;
    const clear =
      kind === RTP
        ? receiver.unprotectRtp(bytes, offset, length)
        : receiver.unprotectRtcp(bytes, offset, length);
    if (clear < 0) {
      if (clear === REFUSED.replayed) this.replayed += 1;
      else this.unauthentic += 1;
      return -1;
    }
    copyOctets(this.kit.bytes, PLAIN_AT, bytes, offset, clear);
    return clear;
  }

  /** Writes what is to go to `sealed`; its length, or -1 when nothing is to go. */
  outbound(bytes: Buffer, offset: number, length: number): number {
    const sender = this.#sender;
    if (sender === undefined) return -1;
    return classify(bytes, offset, length) === RTCP
      ? sender.protectRtcp(bytes, offset, length)
      : sender.protectRtp(bytes, offset, length);
  }

  /** Gives back what the contexts hold outside the collector's heap. */
  close(): void {
    this.#sender?.close();
    this.#receiver?.close();
    this.#sender = undefined;
    this.#receiver = undefined;
    this.#session = undefined;
  }
}
