import { randomInt } from 'node:crypto';
import type { Instant, Millis } from '../../core';
import type { RecorderReport } from '../plane';
import { buildRtcp, ntpMiddle, parseRtcp, type RtcpPacket, toNtp } from '../rtp';
import { rtpPayloadLength, rtpPayloadType, rtpSsrc, rtpTimestamp } from '../rtp/packet';

/** What all forks of a call have in common, so that a recorder can tell that they belong together. */
export interface CallIdentity {
  /** RFC 3550 §6.5.1. */
  readonly cname: string;
  /** Wall-clock time minus monotonic time: one clock for all streams of the call. */
  readonly wallOffset: Millis;
}

/**
 * The RTCP of one fork (RFC 3550 §6): reports of what is sent to the recorder, and what the recorder
 * reports back. Every sender report ties the RTP timestamp of a packet to the wall-clock time at
 * which that packet arrived here, so that a recorder can lay the streams of a call on one timeline.
 */
export class ForkReports {
  #ssrc: number | undefined;
  #packets = 0;
  #octets = 0;
  #timestamp = 0;
  #arrival: Instant = 0;
  #payloadType = 0;
  #sentSinceReport = false;
  #announced = false;

  #lastSr = { middle: 0, sentAt: 0 };
  #recorder: RecorderReport | undefined;

  constructor(
    private readonly identity: CallIdentity,
    private readonly clock: () => Instant,
    /** Hz of a payload type, 0 when unknown. */
    private readonly clockRate: (payloadType: number) => number,
  ) {}

  /** What the recorder said last. */
  get recorder(): RecorderReport | undefined {
    return this.#recorder;
  }

  /**
   * The sender report that must leave before this packet, when its stream is new to the recorder;
   * undefined when it knows it.
   */
  introduce(bytes: Buffer, offset: number, arrival: Instant): Buffer | undefined {
    const ssrc = rtpSsrc(bytes, offset);
    if (this.#announced && ssrc === this.#ssrc) return undefined;
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.#packets = 0;
      this.#octets = 0;
    }
    this.#announced = true;
    this.#timestamp = rtpTimestamp(bytes, offset);
    this.#arrival = arrival;
    return this.#senderReport();
  }

  /** The next packet is to be introduced again: there was a gap, or another recorder listens. */
  forgetIntroduction(): void {
    this.#announced = false;
  }

  /** Counts a packet that was sent. */
  sent(bytes: Buffer, offset: number, length: number, arrival: Instant): void {
    this.#packets += 1;
    this.#octets += Math.max(0, rtpPayloadLength(bytes, offset, length));
    this.#timestamp = rtpTimestamp(bytes, offset);
    this.#payloadType = rtpPayloadType(bytes, offset);
    this.#arrival = arrival;
    this.#sentSinceReport = true;
  }

  /**
   * The regular report: a sender report when packets left since the last one, else an empty
   * receiver report, which keeps the way open. Undefined before the first packet.
   */
  regular(): Buffer | undefined {
    if (this.#ssrc === undefined) return undefined;
    return this.#sentSinceReport ? this.#senderReport() : buildRtcp(this.#emptyReport());
  }

  /** Takes leave of the recorder; undefined when it never heard of the stream. */
  bye(): Buffer | undefined {
    if (this.#ssrc === undefined) return undefined;
    return buildRtcp([...this.#emptyReport(), { kind: 'bye', ssrcs: [this.#ssrc >>> 0] }]);
  }

  /** Reads a datagram of RTCP from the recorder. */
  read(datagram: Buffer, now: Instant): void {
    for (const packet of parseRtcp(datagram)) {
      if (packet.kind !== 'receiver-report' && packet.kind !== 'sender-report') continue;
      const block = packet.reports.find(({ ssrc }) => ssrc >>> 0 === (this.#ssrc ?? 0) >>> 0);
      if (!block) continue;
      const rate = this.clockRate(this.#payloadType);
      const answersLast = block.lastSr !== 0 && block.lastSr === this.#lastSr.middle;
      const roundTrip = now - this.#lastSr.sentAt - (block.delaySinceLastSr * 1000) / 65536;
      this.#recorder = {
        lost: block.lost,
        fractionLost: block.fractionLost / 256,
        jitterMs: rate > 0 ? (block.jitter * 1000) / rate : undefined,
        roundTripMs: answersLast ? Math.max(0, roundTrip) : this.#recorder?.roundTripMs,
      };
    }
  }

  #senderReport(): Buffer {
    const ntp = toNtp(this.#arrival + this.identity.wallOffset);
    this.#lastSr = { middle: ntpMiddle(ntp), sentAt: this.clock() };
    this.#sentSinceReport = false;
    return buildRtcp([
      {
        kind: 'sender-report',
        ssrc: this.#ssrc! >>> 0,
        ntp,
        rtpTimestamp: this.#timestamp >>> 0,
        packets: this.#packets,
        octets: this.#octets,
        reports: [],
      },
      this.#description(),
    ]);
  }

  #emptyReport(): RtcpPacket[] {
    return [{ kind: 'receiver-report', ssrc: this.#ssrc! >>> 0, reports: [] }, this.#description()];
  }

  #description(): RtcpPacket {
    return {
      kind: 'source-description',
      sources: [{ ssrc: this.#ssrc! >>> 0, cname: this.identity.cname }],
    };
  }
}

/** When the first regular report leaves, and every one after it: RFC 3550 §6.2. */
export const REPORT_INTERVAL: Millis = 5_000;

/** A share of the interval, so that the reports of many forks do not leave at once. */
export function firstReportDelay(): Millis {
  return randomInt(REPORT_INTERVAL / 2, REPORT_INTERVAL);
}
