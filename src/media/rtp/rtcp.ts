import { RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket } from 'werift-rtp';
import { buildBye, buildSdes, parseBye, parseSdes } from './rtcp-source';

/** A reception report block (RFC 3550 §6.4.1): what a receiver says of one of its sources. */
export interface ReportBlock {
  readonly ssrc: number;
  /** Of the packets since the previous report, in 1/256. */
  readonly fractionLost: number;
  /** Since the beginning, signed: duplicates count against it. */
  readonly lost: number;
  /** Extended highest sequence number received. */
  readonly highestSequence: number;
  /** In timestamp units. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report, 0 when none came. */
  readonly lastSr: number;
  /** Delay since that report, in 1/65536 s. */
  readonly delaySinceLastSr: number;
}

/** One packet of a compound RTCP datagram (RFC 3550 §6). All integers unsigned. */
export type RtcpPacket =
  | {
      readonly kind: 'sender-report';
      readonly ssrc: number;
      /** 64-bit NTP timestamp; `fromNtp` gives wall-clock milliseconds. */
      readonly ntp: bigint;
      readonly rtpTimestamp: number;
      readonly packets: number;
      /** Payload octets, without headers and padding. */
      readonly octets: number;
      readonly reports: readonly ReportBlock[];
    }
  | {
      readonly kind: 'receiver-report';
      readonly ssrc: number;
      readonly reports: readonly ReportBlock[];
    }
  | {
      readonly kind: 'source-description';
      readonly sources: ReadonlyArray<{
        readonly ssrc: number;
        readonly cname: string | undefined;
      }>;
    }
  | { readonly kind: 'bye'; readonly ssrcs: readonly number[] }
  /** Application, feedback and extended reports: known to be there, not taken apart. */
  | { readonly kind: 'other'; readonly type: number };

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;

const HEADER = 4;
const REPORT_BLOCK = 24;

/**
 * The packets of a compound RTCP datagram. Stops at the first that does not fit (RFC 3550 A.2), so
 * that what came before it still counts; empty when nothing does. Never throws.
 */
export function parseRtcp(datagram: Buffer): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  let at = 0;
  while (at + HEADER <= datagram.length && datagram[at]! >> 6 === 2) {
    const end = at + HEADER + 4 * datagram.readUInt16BE(at + 2);
    if (end > datagram.length) break;
    const padding = datagram[at]! & 0x20 ? datagram[end - 1]! : 0;
    if (at + HEADER + padding > end) break;
    const body = datagram.subarray(at + HEADER, end - padding);
    const packet = parseOne(datagram[at + 1]!, datagram[at]! & 0x1f, body);
    if (!packet) break;
    packets.push(packet);
    at = end;
  }
  return packets;
}

/** The datagram of these packets. A compound one begins with a report and has a CNAME (§6.1). */
export function buildRtcp(packets: readonly RtcpPacket[]): Buffer {
  return Buffer.concat(packets.map(buildOne));
}

function parseOne(type: number, count: number, body: Buffer): RtcpPacket | undefined {
  switch (type) {
    case SENDER_REPORT: {
      if (body.length < 24 + count * REPORT_BLOCK) return undefined;
      const { ssrc, senderInfo, reports } = RtcpSrPacket.deSerialize(body, count);
      return {
        kind: 'sender-report',
        ssrc,
        ntp: senderInfo.ntpTimestamp,
        rtpTimestamp: senderInfo.rtpTimestamp,
        packets: senderInfo.packetCount,
        octets: senderInfo.octetCount,
        reports: reports.map(toBlock),
      };
    }
    case RECEIVER_REPORT: {
      if (body.length < 4 + count * REPORT_BLOCK) return undefined;
      const { ssrc, reports } = RtcpRrPacket.deSerialize(body, count);
      return { kind: 'receiver-report', ssrc, reports: reports.map(toBlock) };
    }
    case SOURCE_DESCRIPTION:
      return { kind: 'source-description', sources: parseSdes(body, count) };
    case BYE:
      return body.length < 4 * count ? undefined : { kind: 'bye', ssrcs: parseBye(body, count) };
    default:
      return { kind: 'other', type };
  }
}

function buildOne(packet: RtcpPacket): Buffer {
  switch (packet.kind) {
    case 'sender-report':
      return new RtcpSrPacket({
        ssrc: packet.ssrc,
        senderInfo: new RtcpSenderInfo({
          ntpTimestamp: packet.ntp,
          rtpTimestamp: packet.rtpTimestamp,
          packetCount: packet.packets % 2 ** 32,
          octetCount: packet.octets % 2 ** 32,
        }),
        reports: packet.reports.map(fromBlock),
      }).serialize();
    case 'receiver-report':
      return new RtcpRrPacket({
        ssrc: packet.ssrc,
        reports: packet.reports.map(fromBlock),
      }).serialize();
    case 'source-description':
      return framed(SOURCE_DESCRIPTION, packet.sources.length, buildSdes(packet.sources));
    case 'bye':
      return framed(BYE, packet.ssrcs.length, buildBye(packet.ssrcs));
    case 'other':
      return framed(packet.type, 0, Buffer.alloc(0));
  }
}

function framed(type: number, count: number, body: Buffer): Buffer {
  const header = Buffer.from([0x80 | (count & 0x1f), type, 0, 0]);
  header.writeUInt16BE(body.length / 4, 2);
  return Buffer.concat([header, body]);
}

function toBlock(info: RtcpReceiverInfo): ReportBlock {
  return {
    ssrc: info.ssrc,
    fractionLost: info.fractionLost,
    lost: (info.packetsLost << 8) >> 8,
    highestSequence: info.highestSequence,
    jitter: info.jitter,
    lastSr: info.lsr,
    delaySinceLastSr: info.dlsr,
  };
}

function fromBlock(block: ReportBlock): RtcpReceiverInfo {
  const lost = Math.max(-0x80_0000, Math.min(0x7f_ffff, block.lost));
  return new RtcpReceiverInfo({
    ssrc: block.ssrc,
    fractionLost: block.fractionLost,
    packetsLost: lost & 0xff_ffff,
    highestSequence: block.highestSequence,
    jitter: block.jitter,
    lsr: block.lastSr,
    dlsr: block.delaySinceLastSr,
  });
}
