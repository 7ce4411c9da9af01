/** One telephone-event report (RFC 4733 §2.3). */
export interface TelephoneEvent {
  /** 0-9 digits, 10 `*`, 11 `#`, 12-15 A-D, 16 flash. */
  readonly event: number;
  /** The character of a DTMF event, undefined for other events. */
  readonly digit: string | undefined;
  /** True in the (repeated) last report. */
  readonly end: boolean;
  /** Power below 0 dBm0, in dB. */
  readonly volume: number;
  /** Timestamp units since the packet's RTP timestamp. */
  readonly duration: number;
}

/** Digits by event code. */
export const DIGITS = '0123456789*#ABCD';

/** Length of a report. */
export const EVENT_OCTETS = 4;

/** Reads the payload of a telephone-event packet; undefined when it is too short. */
export function parseTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  if (payload.length < 4) return undefined;
  const event = payload[0]!;
  return {
    event,
    digit: DIGITS[event],
    end: (payload[1]! & 0x80) !== 0,
    volume: payload[1]! & 0x3f,
    duration: (payload[2]! << 8) | payload[3]!,
  };
}

/** The opposite of `parseTelephoneEvent`, written where it is to be. */
export function writeTelephoneEvent(
  bytes: Uint8Array,
  at: number,
  { event, end, volume, duration }: Omit<TelephoneEvent, 'digit'>,
): void {
  bytes[at] = event;
  bytes[at + 1] = (end ? 0x80 : 0) | volume;
  bytes[at + 2] = duration >> 8;
  bytes[at + 3] = duration & 0xff;
}
