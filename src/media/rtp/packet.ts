/**
 * The fixed part of an RTP packet (RFC 3550 §5.1), read where it lies: no view, no object, no copy.
 * Every reader but `isRtp` and `rtpHeaderLength` expects that `isRtp` has said yes.
 *
 *     0                   1                   2                   3
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    |                           timestamp                           |
 *    |                             SSRC                              |
 */

/** Octets of the header without contributing sources and extension. */
export const RTP_FIXED_HEADER = 12;

/** True for version 2 and a header that is wholly inside `length`. */
export function isRtp(bytes: Uint8Array, offset: number, length: number): boolean {
  return length >= RTP_FIXED_HEADER && bytes[offset]! >> 6 === 2;
}

export function rtpMarker(bytes: Uint8Array, offset: number): boolean {
  return (bytes[offset + 1]! & 0x80) !== 0;
}

export function rtpPayloadType(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 1]! & 0x7f;
}

export function rtpSequence(bytes: Uint8Array, offset: number): number {
  return (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}

/** As a signed 32-bit integer, which stays a small integer; `>>> 0` gives the wire's value. */
export function rtpTimestamp(bytes: Uint8Array, offset: number): number {
  return readInt32(bytes, offset + 4);
}

/** As a signed 32-bit integer, which stays a small integer; `>>> 0` gives the wire's value. */
export function rtpSsrc(bytes: Uint8Array, offset: number): number {
  return readInt32(bytes, offset + 8);
}

/** Octets before the payload, contributing sources and extension included; -1 when cut short. */
export function rtpHeaderLength(bytes: Uint8Array, offset: number, length: number): number {
  if (!isRtp(bytes, offset, length)) return -1;
  let header = RTP_FIXED_HEADER + 4 * (bytes[offset]! & 0x0f);
  if (bytes[offset]! & 0x10) {
    if (header + 4 > length) return -1;
    const words = (bytes[offset + header + 2]! << 8) | bytes[offset + header + 3]!;
    header += 4 + 4 * words;
  }
  return header <= length ? header : -1;
}

/** Octets of payload, padding taken off (RFC 3550 §5.1); -1 when the packet contradicts itself. */
export function rtpPayloadLength(bytes: Uint8Array, offset: number, length: number): number {
  const header = rtpHeaderLength(bytes, offset, length);
  if (header < 0) return -1;
  const padding = bytes[offset]! & 0x20 ? bytes[offset + length - 1]! : 0;
  // A pad count of zero with the P bit set is malformed, and harmless: the count includes itself.
  return header + padding <= length ? length - header - padding : -1;
}

/** An RTP packet taken apart, for those who are not in a hurry. */
export interface RtpPacket {
  readonly marker: boolean;
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, unsigned. */
  readonly timestamp: number;
  /** 32 bits, unsigned. */
  readonly ssrc: number;
  /** A view into the datagram, without extension and padding. */
  readonly payload: Buffer;
}

/** Takes a datagram apart; undefined when it is not RTP or contradicts itself. Never throws. */
export function parseRtp(datagram: Buffer): RtpPacket | undefined {
  const payloadLength = rtpPayloadLength(datagram, 0, datagram.length);
  if (payloadLength < 0) return undefined;
  const header = rtpHeaderLength(datagram, 0, datagram.length);
  return {
    marker: rtpMarker(datagram, 0),
    payloadType: rtpPayloadType(datagram, 0),
    sequence: rtpSequence(datagram, 0),
    timestamp: rtpTimestamp(datagram, 0) >>> 0,
    ssrc: rtpSsrc(datagram, 0) >>> 0,
    payload: datagram.subarray(header, header + payloadLength),
  };
}

/** The opposite of `parseRtp`: no contributing sources, no extension, no padding. */
export function buildRtp(packet: RtpPacket): Buffer {
  const bytes = Buffer.allocUnsafe(RTP_FIXED_HEADER + packet.payload.length);
  bytes[0] = 0x80;
  bytes[1] = (packet.marker ? 0x80 : 0) | (packet.payloadType & 0x7f);
  bytes.writeUInt16BE(packet.sequence & 0xffff, 2);
  bytes.writeUInt32BE(packet.timestamp >>> 0, 4);
  bytes.writeUInt32BE(packet.ssrc >>> 0, 8);
  packet.payload.copy(bytes, RTP_FIXED_HEADER);
  return bytes;
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
