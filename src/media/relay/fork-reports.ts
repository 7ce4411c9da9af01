import { randomInt } from 'node:crypto';
import type { Instant, Millis } from '../../core';
import type { RecorderReport } from '../plane';
import { buildRtcp } from '../rtp';
import { rtpPayloadLength, rtpPayloadType, rtpSsrc, rtpTimestamp } from '../rtp/packet';
import {
  blockDelayMs,
  blockFractionLost,
  blockJitter,
  blockLastSr,
  blockLost,
  findReportBlock,
  RECEIVER_REPORT_LENGTH,
  SENDER_REPORT_LENGTH,
  senderReportMiddle,
  writeInt32,
  writeSenderInfo,
} from '../rtp/rtcp-in-place';
import { FORK_ROW, ROW, type Row } from './row';

/** Every RTCP packet has the SSRC of whom it is about after its header. */
const SOURCE_AT = 4;

/** What reports begin with, before anything is in them. */
const SENDER_REPORT = buildRtcp([
  {
    kind: 'sender-report',
    ssrc: 0,
    ntp: 0n,
    rtpTimestamp: 0,
    packets: 0,
    octets: 0,
    reports: [],
  },
]);
const RECEIVER_REPORT = buildRtcp([{ kind: 'receiver-report', ssrc: 0, reports: [] }]);

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
 * Reports are written into the same memory again and again, and valid until the next one.
 */
export class ForkReports {
  #heardAny = false;
  #announced = false;

  readonly #sender: Buffer;
  readonly #receiver: Buffer;
  /** Of the first and the last sender report to this recorder: the middle of their NTP time (RFC 3550 §6.4.1). */
  #firstSrMiddle = 0;
  #lastSrMiddle = 0;
  #lastSrAt: Instant = 0;

  #heardOf = false;
  #lost = 0;
  #fractionLost = 0;
  #jitterTicks = 0;
  #roundTrip: Millis = -1;

  constructor(
    private readonly identity: CallIdentity,
    /** Of the fork's RTP port: what is sent is counted there, for the path to count there too. */
    private readonly row: Row,
    private readonly clock: () => Instant,
    /** Hz of a payload type, 0 when unknown. */
    private readonly clockRate: (payloadType: number) => number,
  ) {
    const sources = [{ ssrc: 0, cname: identity.cname }];
    const description = buildRtcp([{ kind: 'source-description', sources }]);
    this.#sender = Buffer.concat([SENDER_REPORT, description]);
    this.#receiver = Buffer.concat([RECEIVER_REPORT, description]);
  }

  /** What the recorder said last. */
  get recorder(): RecorderReport | undefined {
    if (!this.#heardOf) return undefined;
    const rate = this.clockRate(this.row.get(ROW.payloadType));
    return {
      lost: this.#lost,
      fractionLost: this.#fractionLost / 256,
      jitterMs: rate > 0 ? ((this.#jitterTicks >>> 0) * 1000) / rate : undefined,
      roundTripMs: this.#roundTrip < 0 ? undefined : this.#roundTrip,
    };
  }

  /**
   * The sender report that must leave before this packet, when its stream is new to the recorder;
   * undefined when it knows it.
   */
  introduce(bytes: Buffer, offset: number, arrival: Instant): Buffer | undefined {
    const { row } = this;
    const ssrc = rtpSsrc(bytes, offset);
    const known = this.#heardAny && ssrc === row.get(FORK_ROW.ssrc);
    if (this.#announced && known) return undefined;
    if (!known) {
      row.set(FORK_ROW.ssrc, ssrc);
      row.set(FORK_ROW.streamPackets, 0);
      row.set(FORK_ROW.streamOctets, 0);
    }
    this.#heardAny = true;
    this.#announced = true;
    row.set(FORK_ROW.timestamp, rtpTimestamp(bytes, offset));
    row.setReal(ROW.at, arrival);
    return this.#senderReport();
  }

  /** Whether the recorder knows the stream that was sent last. */
  get introduced(): boolean {
    return this.#announced;
  }

  /** The next packet is to be introduced again: there was a gap, or another recorder listens. */
  forgetIntroduction(): void {
    this.#announced = false;
  }

  /** Another recorder comes, which knows nothing: its account begins at zero. */
  forgetRecorder(): void {
    this.#heardAny = false;
    this.#announced = false;
    this.#heardOf = false;
    this.#lastSrMiddle = 0;
    this.#roundTrip = -1;
    this.#account();
  }

  /** Counts a packet that was sent. */
  sent(bytes: Buffer, offset: number, length: number, arrival: Instant): void {
    const { row } = this;
    const octets = Math.max(0, rtpPayloadLength(bytes, offset, length));
    row.set(FORK_ROW.streamPackets, row.get(FORK_ROW.streamPackets) + 1);
    row.set(FORK_ROW.streamOctets, row.get(FORK_ROW.streamOctets) + octets);
    row.set(FORK_ROW.timestamp, rtpTimestamp(bytes, offset));
    row.set(ROW.payloadType, rtpPayloadType(bytes, offset));
    row.setReal(ROW.at, arrival);
  }

  /**
   * The regular report: a sender report when packets left since the last one, else an empty
   * receiver report, which keeps the way open. Undefined before the first packet.
   */
  regular(): Buffer | undefined {
    if (!this.#heardAny) return undefined;
    const { row } = this;
    const isReported = row.get(FORK_ROW.streamPackets) === row.get(FORK_ROW.reported);
    return isReported ? this.#emptyReport() : this.#senderReport();
  }

  /** Takes leave of the recorder; undefined when it never heard of the stream. */
  bye(): Buffer | undefined {
    if (!this.#heardAny) return undefined;
    const bye = buildRtcp([{ kind: 'bye', ssrcs: [this.row.get(FORK_ROW.ssrc) >>> 0] }]);
    return Buffer.concat([this.#emptyReport(), bye]);
  }

  /** Reads a datagram of RTCP from the recorder. */
  read(bytes: Buffer, offset: number, length: number, now: Instant): void {
    if (!this.#heardAny) return;
    const at = findReportBlock(bytes, offset, length, this.row.get(FORK_ROW.ssrc));
    if (at < 0) return;
    const answered = blockLastSr(bytes, at);
    if (answered !== 0 && !this.#wasSent(answered)) return;
    this.#heardOf = true;
    this.#lost = blockLost(bytes, at);
    this.#fractionLost = blockFractionLost(bytes, at);
    this.#jitterTicks = blockJitter(bytes, at);
    if (answered === 0 || answered !== this.#lastSrMiddle) return;
    this.#roundTrip = Math.max(0, now - this.#lastSrAt - blockDelayMs(bytes, at));
  }

  /**
   * Whether this recorder was sent a sender report of that time. A late word of the one before is about another one,
   * though it may come from the same host.
   */
  #wasSent(srMiddle: number): boolean {
    const [since, all] = [srMiddle - this.#firstSrMiddle, this.#lastSrMiddle - this.#firstSrMiddle];
    return since >>> 0 <= all >>> 0;
  }

  #senderReport(): Buffer {
    const report = this.#sender;
    const { row } = this;
    const wall = row.getReal(ROW.at) + this.identity.wallOffset;
    const ssrc = this.row.get(FORK_ROW.ssrc);
    const timestamp = row.get(FORK_ROW.timestamp);
    const packets = row.get(FORK_ROW.streamPackets);
    const octets = row.get(FORK_ROW.streamOctets);
    writeSenderInfo(report, 0, ssrc, wall, timestamp, packets, octets);
    writeInt32(report, SENDER_REPORT_LENGTH + SOURCE_AT, ssrc);
    const middle = senderReportMiddle(report, 0);
    if (this.#lastSrMiddle === 0) this.#firstSrMiddle = middle;
    this.#lastSrMiddle = middle;
    this.#lastSrAt = this.clock();
    this.#account();
    return report;
  }

  /** What was sent so far is accounted for. */
  #account(): void {
    this.row.set(FORK_ROW.reported, this.row.get(FORK_ROW.streamPackets));
  }

  #emptyReport(): Buffer {
    const ssrc = this.row.get(FORK_ROW.ssrc);
    writeInt32(this.#receiver, SOURCE_AT, ssrc);
    writeInt32(this.#receiver, RECEIVER_REPORT_LENGTH + SOURCE_AT, ssrc);
    return this.#receiver;
  }
}

/** When the first regular report leaves, and every one after it: RFC 3550 §6.2. */
export const REPORT_INTERVAL: Millis = 5_000;

/** A share of the interval, so that the reports of many forks do not leave at once. */
export function firstReportDelay(): Millis {
  return randomInt(REPORT_INTERVAL / 2, REPORT_INTERVAL);
}
