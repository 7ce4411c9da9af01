import {
  decodeL16,
  decodePcmu,
  type EncodedFrames,
  G722Decoder,
  PROGRAM_RATE,
  type StreamFormat,
  type Wav,
} from '../../media';

/** What speech is asked of FreeSWITCH in, best first: each of them is read here. */
export const READABLE: readonly StreamFormat[] = [
  { payloadType: 97, codec: 'L16', clockRate: PROGRAM_RATE, channels: 1 },
  { payloadType: 9, codec: 'G722', clockRate: 8_000, channels: 1 },
  { payloadType: 0, codec: 'PCMU', clockRate: 8_000, channels: 1 },
];

/** Sound of frames in one of `READABLE`. */
export function soundOf({ codec, payloads }: EncodedFrames): Wav {
  const octets = Buffer.concat(payloads);
  switch (codec) {
    case 'L16':
      return { rate: PROGRAM_RATE, channels: [decodeL16(octets)] };
    case 'G722':
      return { rate: PROGRAM_RATE, channels: [new G722Decoder().decode(octets)] };
    default:
      return { rate: 8_000, channels: [decodePcmu(octets)] };
  }
}
