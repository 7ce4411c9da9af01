export { type Correlation, correlate } from './correlate';
export { decodePcma, decodePcmu, encodePcma, encodePcmu } from './g711';
export { readWav, WAV_HEADER_BYTES, type Wav, wavHeader, writeWav } from './wav';
