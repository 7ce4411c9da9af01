import type { Millis } from '../../core';
import { ntpFraction, ntpSeconds } from './ntp';

/**
 * RTCP read and written where it lies, for those who see every datagram: no view, no object, no copy.
 * What is read is checked first; what contradicts itself has nothing in it.
 */

const HEADER = 4;
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
/** Octets of a sender report and of a receiver report without report blocks (RFC 3550 §6.4). */
export const SENDER_REPORT_LENGTH = 28;
export const RECEIVER_REPORT_LENGTH = 8;
const BLOCK = 24;

/** Where the first sender report of a compound datagram begins; -1 when there is none. */
export function findSenderReport(bytes: Uint8Array, offset: number, length: number): number {
  const end = offset + length;
  for (let at = offset; at + HEADER <= end; ) {
    const next = nextPacket(bytes, at);
    if (next > end) return -1;
    if (bytes[at + 1] === SENDER_REPORT && at + SENDER_REPORT_LENGTH <= next) return at;
    at = next;
  }
  return -1;
}

/** Where the first report block about `ssrc` begins; -1 when there is none. */
export function findReportBlock(
  bytes: Uint8Array,
  offset: number,
  length: number,
  ssrc: number,
): number {
  const end = offset + length;
  for (let at = offset; at + HEADER <= end; ) {
    const next = nextPacket(bytes, at);
    if (next > end) return -1;
    const block = blockIn(bytes, at, next, ssrc);
    if (block >= 0) return block;
    at = next;
  }
  return -1;
}

/** Signed. */
export function senderReportSsrc(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + 4);
}

/** The middle 32 bits of a sender report's NTP time, as its receivers name it. Signed. */
export function senderReportMiddle(bytes: Uint8Array, at: number): number {
  return (readInt16(bytes, at + 10) << 16) | readInt16(bytes, at + 12);
}

/** RFC 3550 §6.4.1, of the report block at `at`. `lost` and the 32-bit ones signed. */
export function blockFractionLost(bytes: Uint8Array, at: number): number {
  return bytes[at + 4]!;
}

export function blockLost(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 5]! << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8)) >> 8;
}

export function blockJitter(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + 12);
}

export function blockLastSr(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at + 16);
}

/** Between the report that it names and this one. */
export function blockDelayMs(bytes: Uint8Array, at: number): Millis {
  return ((readInt32(bytes, at + 20) >>> 0) * 1000) / 65_536;
}

/**
 * Writes what changes of a sender report at `at`: whose it is, what time it is, and how much was sent. As
 * in `toNtp`; 32-bit integers signed or not.
 */
export function writeSenderInfo(
  bytes: Uint8Array,
  at: number,
  ssrc: number,
  wallMs: Millis,
  rtpTimestamp: number,
  packets: number,
  octets: number,
): void {
  writeInt32(bytes, at + 4, ssrc);
  writeInt32(bytes, at + 8, ntpSeconds(wallMs));
  writeInt32(bytes, at + 12, ntpFraction(wallMs));
  writeInt32(bytes, at + 16, rtpTimestamp);
  writeInt32(bytes, at + 20, packets);
  writeInt32(bytes, at + 24, octets);
}

export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

function nextPacket(bytes: Uint8Array, at: number): number {
  return at + HEADER + 4 * readInt16(bytes, at + 2);
}

function blockIn(bytes: Uint8Array, at: number, next: number, ssrc: number): number {
  const type = bytes[at + 1];
  if (type !== SENDER_REPORT && type !== RECEIVER_REPORT) return -1;
  const first = at + (type === SENDER_REPORT ? SENDER_REPORT_LENGTH : RECEIVER_REPORT_LENGTH);
  const count = bytes[at]! & 0x1f;
  if (first + BLOCK * count > next) return -1;
  for (let i = 0; i < count; i++) {
    if (readInt32(bytes, first + BLOCK * i) === (ssrc | 0)) return first + BLOCK * i;
  }
  return -1;
}

function readInt16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
