import type { Millis } from '../../core';

/** Seconds between 1900-01-01, where NTP begins, and 1970-01-01. */
const EPOCH_OFFSET = 2_208_988_800;

/** The 64-bit NTP timestamp (RFC 3550 §4) of wall-clock milliseconds since 1970, fractions kept. */
export function toNtp(wallMs: Millis): bigint {
  const seconds = Math.floor(wallMs / 1000);
  const fraction = Math.min(0xffff_ffff, Math.round(((wallMs - seconds * 1000) / 1000) * 2 ** 32));
  return (BigInt((seconds + EPOCH_OFFSET) % 2 ** 32) << 32n) | BigInt(fraction);
}

/** Wall-clock milliseconds since 1970 of an NTP timestamp. Before 1968 counts as after 2036. */
export function fromNtp(ntp: bigint): Millis {
  const seconds = Number((ntp >> 32n) & 0xffff_ffffn);
  const era = seconds < 0x8000_0000 ? 2 ** 32 : 0;
  return (seconds + era - EPOCH_OFFSET) * 1000 + (Number(ntp & 0xffff_ffffn) / 2 ** 32) * 1000;
}

/** The middle 32 bits, by which a receiver report names the sender report it answers (LSR). */
export function ntpMiddle(ntp: bigint): number {
  return Number((ntp >> 16n) & 0xffff_ffffn);
}
