import {
  decodeL16,
  decodePcma,
  decodePcmu,
  G722Decoder,
  OpusDecoder,
  type PayloadDescription,
} from '../../media';

export type Decode = (payload: Uint8Array) => Int16Array;

/** What a payload type means to the recorder. */
export type Format =
  | {
      readonly kept: 'wav';
      readonly name: string;
      /** RTP timestamp units a second. */
      readonly clockRate: number;
      /** Samples a second after decoding. */
      readonly sampleRate: number;
      /** Each packet can be decoded without the one before it. */
      readonly stateless: boolean;
      decoder(): Decode;
    }
  /** A codec that is not decoded: its packets are kept. */
  | { readonly kept: 'pcap'; readonly name: string; readonly clockRate: number }
  /** Comfort noise and telephone events: silence. */
  | { readonly kept: 'none'; readonly name: string; readonly clockRate: number };

/** The format of a payload description, by its name. */
export function formatOf({ codec, clockRate, channels }: PayloadDescription): Format {
  const shape = { name: codec, clockRate };
  switch (codec.toUpperCase()) {
    case 'PCMU':
      return plain(shape, decodePcmu, channels);
    case 'PCMA':
      return plain(shape, decodePcma, channels);
    case 'L16':
      return {
        ...shape,
        kept: 'wav',
        sampleRate: clockRate,
        stateless: true,
        decoder: () => (payload) => decodeL16(payload, channels),
      };
    case 'G722':
      return {
        ...shape,
        kept: 'wav',
        // RFC 3551 §4.5.2: its clock rate was an error that is kept for compatibility.
        sampleRate: 16_000,
        stateless: false,
        decoder: () => {
          const decoder = new G722Decoder();
          return (payload) => decoder.decode(payload);
        },
      };
    case 'OPUS':
      return {
        ...shape,
        kept: 'wav',
        sampleRate: clockRate,
        stateless: false,
        // One channel: each party has one of the file.
        decoder: () => {
          const decoder = new OpusDecoder(1);
          return (payload) => decoder.decode(payload);
        },
      };
    // Digits typed in a call are often card numbers: they are neither decoded nor kept.
    case 'TELEPHONE-EVENT':
    case 'CN':
      return { ...shape, kept: 'none' };
    default:
      return { ...shape, kept: 'pcap' };
  }
}

/** RFC 3551 §6: what these mean to senders that never said. */
const UNANNOUNCED = new Map<number, Format>(
  [
    { payloadType: 0, codec: 'PCMU' },
    { payloadType: 8, codec: 'PCMA' },
    { payloadType: 9, codec: 'G722' },
    { payloadType: 13, codec: 'CN' },
  ].map(({ payloadType, codec }) => [
    payloadType,
    formatOf({ payloadType, codec, clockRate: 8000, channels: 1, fmtp: undefined }),
  ]),
);

/** The format of a payload type that no description names. */
export function unannounced(payloadType: number): Format {
  return (
    UNANNOUNCED.get(payloadType) ?? {
      kept: 'pcap',
      name: `payload ${payloadType}`,
      clockRate: 8000,
    }
  );
}

function plain(
  shape: { name: string; clockRate: number },
  decode: Decode,
  channels: number,
): Format {
  if (channels !== 1) return { ...shape, kept: 'pcap' };
  return {
    ...shape,
    kept: 'wav',
    sampleRate: shape.clockRate,
    stateless: true,
    decoder: () => decode,
  };
}
