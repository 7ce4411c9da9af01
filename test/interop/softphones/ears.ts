import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readWav } from '../../../src/media';
import { wav } from '../../api/support';
import { pieceByPiece } from '../../support/piece-by-piece';

/** What is spoken is at least this long, at 8 kHz. */
const BEGINNING = 32_000;

/** A file in `directory` that says it over and over, for so long that its end ends no call before the test does. */
export function long(spoken: string, directory: string): string {
  const samples = [...mono8k(readFileSync(spoken))];
  const file = join(directory, `long-${basename(spoken)}`);
  writeFileSync(file, wav(Array.from({ length: 10 }, () => samples).flat()));
  return file;
}

/** How well the beginning of `spoken` is heard in the best of the pieces. */
export function likeness(spoken: string, pieces: readonly Buffer[]): number {
  return Math.max(0, ...pieces.map((piece) => found(spoken, mono8k(piece))));
}

/** How well the beginning of a file is heard in these samples at 8 kHz. */
export function found(spoken: string, heard: Int16Array): number {
  return pieceByPiece(mono8k(readFileSync(spoken)).subarray(0, BEGINNING), heard, 2);
}

/** The samples of a WAV file at 8 kHz, of its first channel. */
export function mono8k(wav: Buffer): Int16Array {
  const { rate, channels } = readWav(wav);
  expect(rate).toBe(8000);
  return channels[0]!;
}

/** The channels of the one recording. */
export function recorded(directory: string): readonly Int16Array[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const wavs = files.filter((name) => name.endsWith('.wav'));
  expect(wavs).toHaveLength(1);
  const { rate, channels } = readWav(readFileSync(join(directory, wavs[0]!)));
  expect(rate).toBe(8000);
  expect(channels).toHaveLength(2);
  return channels;
}

/** As `found`, in a recording that began later than what was spoken. */
export function foundLater(spoken: string, recording: Int16Array): number {
  const beginning = recording.findIndex((sample) => Math.abs(sample) > 100);
  const said = recording.subarray(beginning, beginning + BEGINNING / 2);
  return pieceByPiece(said, mono8k(readFileSync(spoken)), 1);
}
