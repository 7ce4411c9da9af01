import {
  decodeL16,
  decodePcma,
  decodePcmu,
  encodeL16,
  encodePcma,
  encodePcmu,
  G722Decoder,
  G722Encoder,
  type StreamFormat,
} from '../../../src/media';

/** A codec that is spoken here, as the stream of a test has it. */
export interface Codec extends StreamFormat {
  /** Hz of what it encodes. */
  readonly rate: number;
  /** A whole stream, from its beginning. */
  encode(samples: Int16Array): Uint8Array;
  decode(payload: Uint8Array): Int16Array;
}

const mono = { clockRate: 8_000, channels: 1, rate: 8_000 };

export const PCMU: Codec = {
  ...mono,
  codec: 'PCMU',
  payloadType: 0,
  encode: encodePcmu,
  decode: decodePcmu,
};
export const PCMA: Codec = {
  ...mono,
  codec: 'PCMA',
  payloadType: 8,
  encode: encodePcma,
  decode: decodePcma,
};
export const G722: Codec = {
  ...mono,
  codec: 'G722',
  payloadType: 9,
  rate: 16_000,
  encode: (samples) => new G722Encoder().encode(samples),
  decode: (payload) => new G722Decoder().decode(payload),
};
export const L16: Codec = {
  codec: 'L16',
  payloadType: 96,
  clockRate: 16_000,
  channels: 1,
  rate: 16_000,
  encode: encodeL16,
  decode: decodeL16,
};
