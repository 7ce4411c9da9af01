/**
 * What a datagram on a media port is, by its first octets: RFC 7983 §7 for the protocol, RFC 5761 §4
 * for RTP against RTCP. Small integers, because it is asked once a packet.
 */
export const DATAGRAM = {
  unknown: 0,
  rtp: 1,
  rtcp: 2,
  stun: 3,
  dtls: 4,
  zrtp: 5,
} as const;

export type DatagramKind = (typeof DATAGRAM)[keyof typeof DATAGRAM];

/** Too short to be what it claims counts as unknown. */
export function classify(bytes: Uint8Array, offset: number, length: number): DatagramKind {
  if (length < 1) return DATAGRAM.unknown;
  const first = bytes[offset]!;
  if (first >= 128 && first <= 191) {
    if (length < 8) return DATAGRAM.unknown;
    const second = bytes[offset + 1]!;
    // RTCP packet types 192-223; RTP payload types 64-95 are therefore never used with a marker.
    if (second >= 192 && second <= 223) return DATAGRAM.rtcp;
    return length >= 12 ? DATAGRAM.rtp : DATAGRAM.unknown;
  }
  if (first <= 3) return length >= 20 ? DATAGRAM.stun : DATAGRAM.unknown;
  if (first >= 20 && first <= 63) return length >= 13 ? DATAGRAM.dtls : DATAGRAM.unknown;
  if (first >= 16 && first <= 19) return DATAGRAM.zrtp;
  return DATAGRAM.unknown;
}
