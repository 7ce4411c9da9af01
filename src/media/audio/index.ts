export { type Correlation, correlate } from './correlate';
export { decodePcma, decodePcmu, encodePcma, encodePcmu } from './g711';
export { G722Decoder, G722Encoder } from './g722';
export { decodeL16, encodeL16 } from './l16';
export { OpusDecoder } from './opus';
export { Resampler } from './resample';
export { isSpoken, PROGRAM_RATE, type Voicing, valuesOf, valuesPerTick, voicing } from './voicing';
export {
  GROWING_WAV_HEADER_BYTES,
  growingWavHeader,
  readWav,
  WAV_HEADER_BYTES,
  type Wav,
  wavHeader,
  writeWav,
} from './wav';
