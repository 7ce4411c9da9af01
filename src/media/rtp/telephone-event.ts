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

const DIGITS = '0123456789*#ABCD';

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
