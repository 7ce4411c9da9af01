import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resampler, readWav } from '../../../src/media';

/** A seeded source of numbers in [0, 1): mulberry32. */
export function randomness(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Recorded speech at 8 kHz, stretched to `seconds`: forward, backward, and both upside down, so that no
 * place in it is like another.
 */
export function speech(who: 'alice' | 'bob', seconds: number): Int16Array {
  const path = join(__dirname, '../../../assets/speech', `${who}.wav`);
  const said = readWav(readFileSync(path)).channels[0]!;
  const length = said.length;
  return Int16Array.from({ length: seconds * 8000 }, (_, n) => {
    const turn = Math.floor(n / length) % 4;
    const at = turn % 2 === 0 ? n % length : length - 1 - (n % length);
    return turn < 2 ? said[at]! : -said[at]!;
  });
}

/** The same at 16 kHz. */
export function wideSpeech(who: 'alice' | 'bob', seconds: number): Int16Array {
  const resampler = new Resampler(8000, 16_000);
  return Int16Array.from([...resampler.push(speech(who, seconds)), ...resampler.flush()]);
}

/** Samples between two instants in ms. */
export function cut(samples: Int16Array, rate: number, fromMs: number, toMs: number): Int16Array {
  return samples.slice((fromMs * rate) / 1000, (toMs * rate) / 1000);
}

/** The loudest sample. */
export function peak(samples: Int16Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
