import type { Millis } from '../../core';

/** Seconds between 1900-01-01, where NTP begins, and 1970-01-01. */
const EPOCH_OFFSET = 2_208_988_800;

/** The upper half of the NTP timestamp (RFC 3550 §4) of wall-clock milliseconds since 1970. */
export function ntpSeconds(wallMs: Millis): number {
  return (Math.floor(wallMs / 1000) + EPOCH_OFFSET) % 2 ** 32;
}

/** The lower half: 1/2^32 s. */
export function ntpFraction(wallMs: Millis): number {
  const second = wallMs / 1000 - Math.floor(wallMs / 1000);
  return Math.min(0xffff_ffff, Math.round(second * 2 ** 32));
}

/** Both. */
export function toNtp(wallMs: Millis): bigint {
  return (BigInt(ntpSeconds(wallMs)) << 32n) | BigInt(ntpFraction(wallMs));
}

/** Wall-clock milliseconds since 1970 of an NTP timestamp. Before 1968 counts as after 2036. */
export function fromNtp(ntp: bigint): Millis {
  const seconds = Number((ntp >> 32n) & 0xffff_ffffn);
  const era = seconds < 0x8000_0000 ? 2 ** 32 : 0;
  return (seconds + era - EPOCH_OFFSET) * 1000 + (Number(ntp & 0xffff_ffffn) / 2 ** 32) * 1000;
}
