import { type Parsed, parsed, refused } from './parsed';

/** A codec as SDP names it. */
export interface Codec {
  readonly codec: string;
  /** Hz of the RTP timestamp. */
  readonly clockRate: number;
  readonly channels: number;
  /** The a=fmtp parameters. */
  readonly fmtp: string | undefined;
}

/** Where it is not 8000 Hz, one channel. */
const USUAL: Readonly<Record<string, readonly [clockRate: number, channels: number]>> = {
  'AMR-WB': [16_000, 1],
  OPUS: [48_000, 2],
};

const FORM =
  /^([A-Za-z][A-Za-z0-9.-]*)(?:\/(\d{4,6})(?:\/([12]))?)?(?: +([\w-]+=[^\s;][^;\r\n]*(?:; *[\w-]+=[^\s;][^;\r\n]*)*))?$/;

/** `G729`, `AMR octet-align=1`, `speex/16000`: rate and channels are those usual for the codec unless given. */
export function parseCodec(text: string): Parsed<Codec> {
  const [, codec, rate, channels, fmtp] = FORM.exec(text) ?? [];
  if (codec === undefined) {
    return refused(`wants a codec, as G729, speex/16000 or AMR octet-align=1, got "${text}"`);
  }
  const [usualRate, usualChannels] = USUAL[codec.toUpperCase()] ?? [8_000, 1];
  return parsed({
    codec,
    clockRate: rate === undefined ? usualRate : Number(rate),
    channels: channels === undefined ? (rate === undefined ? usualChannels : 1) : Number(channels),
    fmtp,
  });
}
