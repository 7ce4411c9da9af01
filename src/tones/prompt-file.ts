import { createHash } from 'node:crypto';
import { Fault } from '../core';
import { PROGRAM_RATE, Resampler, readWav } from '../media';
import type { Cue } from './cue';
import { activeLevel, normalized } from './level';

/** The loudness that every prompt is brought to: speech as networks are planned for (-26 dBov). */
export const PROMPT_LEVEL = -20;
const LONGEST_SECONDS = 60;
/** 60 s at 48 kHz in stereo fit. */
export const LARGEST_BYTES = 16 * 1024 * 1024;
/** Quieter than this there is nothing to bring to any loudness. */
const SILENCE = -70;
const RATES = { from: 8_000, to: 192_000 };
/** All rates in use resample in so many phases or fewer; one that needs more is a mistake. */
const MOST_PHASES = 640;

/**
 * A WAV file of 16-bit PCM, of any usual rate and number of channels, as a prompt: mono, 16 kHz, at
 * `PROMPT_LEVEL`. `fileName` is what evidence calls it.
 * @throws Fault SOUND_NOT_USABLE that says what to do
 */
export function promptFromWav(what: string, file: Buffer, fileName = `${what}.wav`): Cue {
  const refuse = (problem: string): never => {
    throw new Fault('SOUND_NOT_USABLE', `prompt ${what}: ${problem}`);
  };
  if (file.length === 0) refuse('the file is empty; give a WAV file');
  if (file.length > LARGEST_BYTES)
    refuse(
      'the file is larger than 16 MiB; shorten it, or convert it: sox IN.wav -r 48000 -c 1 OUT.wav',
    );
  const { rate, channels } = parsed(file, refuse);
  const frames = channels[0]!.length;
  if (frames === 0) refuse('it holds no sound; give a WAV file with something to hear');
  const seconds = frames / rate;
  if (seconds > LONGEST_SECONDS) {
    refuse(`it lasts ${Math.ceil(seconds)} s; shorten it to ${LONGEST_SECONDS} s at most`);
  }
  if (rate < RATES.from || rate > RATES.to || phases(rate) > MOST_PHASES) {
    refuse(`its rate is ${rate} Hz; convert it: sox IN.wav -r 48000 OUT.wav`);
  }
  const pcm = resampled(mono(channels), rate);
  if (activeLevel(pcm) < SILENCE) refuse('it is silent; give a WAV file with something to hear');
  return {
    what,
    sound: { pcm: normalized(pcm, PROMPT_LEVEL) },
    lengthMs: (pcm.length * 1000) / PROGRAM_RATE,
    fileName,
    fileHash: createHash('sha256').update(file).digest('hex'),
  };
}

function parsed(file: Buffer, refuse: (problem: string) => never): ReturnType<typeof readWav> {
  try {
    return readWav(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(`${reason}; convert it to 16-bit PCM: sox IN -b 16 -e signed OUT.wav`);
  }
}

function mono(channels: readonly Int16Array[]): Int16Array {
  const [first = new Int16Array(0)] = channels;
  if (channels.length === 1) return first;
  return first.map((_, n) =>
    Math.round(channels.reduce((sum, channel) => sum + channel[n]!, 0) / channels.length),
  );
}

function resampled(pcm: Int16Array, rate: number): Int16Array {
  if (rate === PROGRAM_RATE) return pcm;
  const resampler = new Resampler(rate, PROGRAM_RATE);
  const head = resampler.push(pcm);
  const rest = resampler.flush();
  const whole = new Int16Array(head.length + rest.length);
  whole.set(head);
  whole.set(rest, head.length);
  return whole;
}

function phases(rate: number): number {
  let [a, b] = [rate, PROGRAM_RATE];
  while (b > 0) [a, b] = [b, a % b];
  return PROGRAM_RATE / a;
}
