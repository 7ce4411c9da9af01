import { createHash } from 'node:crypto';
import { PROGRAM_RATE, writeWav } from '../../media';
import type { NewPrompt } from '../../policy';
import { promptFromWav } from '../prompt-file';

export type ReadyWav = Extract<NewPrompt, { kind: 'wav' }>;

/**
 * What is kept of a WAV file that was given: the sound as it will be played, at 16 kHz and one loudness.
 * @throws Fault SOUND_NOT_USABLE that says what to do
 */
export function readyWav(name: string, file: Buffer): ReadyWav {
  const { sound, lengthMs, fileHash } = promptFromWav(name, file);
  const wav = writeWav({ rate: PROGRAM_RATE, channels: [sound.pcm] });
  const sha256 = createHash('sha256').update(wav).digest('hex');
  return { kind: 'wav', wav, sha256, sourceSha256: fileHash, lengthMs: Math.round(lengthMs) };
}
