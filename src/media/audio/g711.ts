/**
 * G.711 (ITU-T Rec. G.711): one octet a sample at 8 kHz. PCM is 16 bit, of which the law keeps 14 (µ) or
 * 13 (A). Both directions go by tables, made once from the definition.
 */

/** µ-law to 16-bit PCM. */
export function decodePcmu(payload: Uint8Array): Int16Array {
  return decode(payload, ULAW_DECODE);
}

/** 16-bit PCM to µ-law. */
export function encodePcmu(samples: Int16Array): Uint8Array {
  return encode(samples, ULAW_ENCODE);
}

/** A-law to 16-bit PCM. */
export function decodePcma(payload: Uint8Array): Int16Array {
  return decode(payload, ALAW_DECODE);
}

/** 16-bit PCM to A-law. */
export function encodePcma(samples: Int16Array): Uint8Array {
  return encode(samples, ALAW_ENCODE);
}

/** The law as tables, for those who go sample by sample. */
export interface Law {
  /** 16-bit PCM by code. */
  readonly pcm: Int16Array;
  /** Code by 16-bit PCM, indexed as an unsigned number. */
  readonly code: Uint8Array;
}

function decode(payload: Uint8Array, table: Int16Array): Int16Array {
  const samples = new Int16Array(payload.length);
  for (let at = 0; at < payload.length; at++) samples[at] = table[payload[at]!]!;
  return samples;
}

function encode(samples: Int16Array, table: Uint8Array): Uint8Array {
  const payload = new Uint8Array(samples.length);
  for (let at = 0; at < samples.length; at++) payload[at] = table[samples[at]! & 0xffff]!;
  return payload;
}

/** G.711 table 2: bias 33 in the 14-bit scale, which is 132 in the 16-bit one. */
const ULAW_BIAS = 132;
const ULAW_CLIP = 32_635;

function ulawToPcm(code: number): number {
  const inverted = ~code & 0xff;
  const exponent = (inverted >> 4) & 0x07;
  const magnitude = ((((inverted & 0x0f) << 3) + ULAW_BIAS) << exponent) - ULAW_BIAS;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function pcmToUlaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), ULAW_CLIP) + ULAW_BIAS;
  const exponent = Math.max(0, 31 - Math.clz32(magnitude) - 7);
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

/** G.711 table 1: even bits inverted on the line. */
const ALAW_TOGGLE = 0x55;

function alawToPcm(code: number): number {
  const toggled = code ^ ALAW_TOGGLE;
  const exponent = (toggled >> 4) & 0x07;
  const mantissa = (toggled & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

function pcmToAlaw(sample: number): number {
  // A negative sample is one's-complemented, so that -1 and 0 fall on either side of zero.
  const magnitude = sample < 0 ? ~sample : sample;
  const exponent = magnitude < 256 ? 0 : 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ ALAW_TOGGLE;
}

function decoding(law: (code: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, code) => law(code));
}

/** Indexed by the sample as an unsigned 16-bit number. */
function encoding(law: (sample: number) => number): Uint8Array {
  return Uint8Array.from({ length: 65_536 }, (_, index) => law((index << 16) >> 16));
}

const ULAW_DECODE = decoding(ulawToPcm);
const ULAW_ENCODE = encoding(pcmToUlaw);
const ALAW_DECODE = decoding(alawToPcm);
const ALAW_ENCODE = encoding(pcmToAlaw);

export const PCMU: Law = { pcm: ULAW_DECODE, code: ULAW_ENCODE };
export const PCMA: Law = { pcm: ALAW_DECODE, code: ALAW_ENCODE };
