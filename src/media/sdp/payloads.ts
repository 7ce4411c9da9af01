import type { PayloadDescription } from './description';

type Static = readonly [codec: string, clockRate: number, channels?: number];

/** RFC 3551 §6, tables 4 and 5: payload types that need no rtpmap. */
const STATIC: Readonly<Record<number, Static>> = {
  0: ['PCMU', 8000],
  3: ['GSM', 8000],
  4: ['G723', 8000],
  5: ['DVI4', 8000],
  6: ['DVI4', 16000],
  7: ['LPC', 8000],
  8: ['PCMA', 8000],
  9: ['G722', 8000],
  10: ['L16', 44100, 2],
  11: ['L16', 44100],
  12: ['QCELP', 8000],
  13: ['CN', 8000],
  14: ['MPA', 90000],
  15: ['G728', 8000],
  16: ['DVI4', 11025],
  17: ['DVI4', 22050],
  18: ['G729', 8000],
  25: ['CelB', 90000],
  26: ['JPEG', 90000],
  28: ['nv', 90000],
  31: ['H261', 90000],
  32: ['MPV', 90000],
  33: ['MP2T', 90000],
  34: ['H263', 90000],
};

/** The meaning of a payload type without rtpmap; undefined for a dynamic one. */
export function staticPayload(
  payloadType: number,
  fmtp: string | undefined,
): PayloadDescription | undefined {
  const known = STATIC[payloadType];
  if (!known) return undefined;
  const [codec, clockRate, channels = 1] = known;
  return { payloadType, codec, clockRate, channels, fmtp };
}

/** The payload type that a codec has by itself; undefined where it is a dynamic one. */
export function staticPayloadType(
  format: Pick<PayloadDescription, 'codec' | 'clockRate' | 'channels'>,
): number | undefined {
  const known = Object.entries(STATIC).find(
    ([, [codec, clockRate, channels = 1]]) =>
      codec.toLowerCase() === format.codec.toLowerCase() &&
      clockRate === format.clockRate &&
      channels === format.channels,
  );
  return known && Number(known[0]);
}

/** Same encoding, clock rate and channels, whatever the number (RFC 3264 §6.1). */
export function sameCodec(a: PayloadDescription, b: PayloadDescription): boolean {
  return (
    a.clockRate === b.clockRate &&
    a.channels === b.channels &&
    a.codec.toLowerCase() === b.codec.toLowerCase()
  );
}

/** Hz by payload type, as `MediaPlane` wants it; later lists win. */
export function clockRates(
  ...lists: ReadonlyArray<readonly PayloadDescription[]>
): Record<number, number> {
  const rates: Record<number, number> = {};
  for (const list of lists) {
    for (const { payloadType, clockRate } of list) rates[payloadType] = clockRate;
  }
  return rates;
}
