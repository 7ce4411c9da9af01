import { decodePcma, decodePcmu, encodePcma, encodePcmu } from '../media';

/** A codec a scripted phone can speak: 8 kHz, one octet a sample (ITU-T G.711). */
export interface VoiceCodec {
  readonly name: 'PCMU' | 'PCMA';
  /** Static payload type of RFC 3551 §6. */
  readonly payloadType: number;
  encode(samples: Int16Array): Uint8Array;
  decode(payload: Uint8Array): Int16Array;
}

export const VOICE_CODECS: readonly VoiceCodec[] = [
  { name: 'PCMU', payloadType: 0, encode: encodePcmu, decode: decodePcmu },
  { name: 'PCMA', payloadType: 8, encode: encodePcma, decode: decodePcma },
];
