import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { correlate, Resampler, readWav } from '../../../src/media';
import { tone } from '../../../src/tones';
import { Dice } from '../../support/dice';
import type { Handset } from './handset';

const ASSETS = join(__dirname, '../../../assets');

/** Speech of 8 kHz, at another rate. */
export function speech(who: 'alice' | 'bob', rate: number): Int16Array {
  return resampled(
    readWav(readFileSync(join(ASSETS, `speech/${who}.wav`))).channels[0]!,
    8000,
    rate,
  );
}

/** A shipped prompt, as it comes. */
export function prompt(name: string, rate: number, language = 'en'): Int16Array {
  const wav = readWav(readFileSync(join(ASSETS, `prompts/${language}/${name}.wav`)));
  return resampled(wav.channels[0]!, wav.rate, rate);
}

/** How well `sought` is to be found in `heard`, and where. */
export function found(sought: Int16Array, heard: Int16Array, rate: number) {
  return correlate(sought, heard, rate);
}

/** Noise of 8 kHz, of which no two frames are alike. */
export function noise(seconds: number, seed: number): Int16Array {
  const dice = new Dice(seed);
  return Int16Array.from({ length: 8000 * seconds }, () => dice.below(16_000) - 8_000);
}

/** Which of the frames that a speaker has said are in `samples`, by number, as they follow each other there. */
export function framesIn(samples: Int16Array, speaker: Handset): number[] {
  const size = (speaker.codec.rate * 20) / 1000;
  const octets = (of: Int16Array) =>
    Buffer.from(of.buffer, of.byteOffset, of.byteLength).toString('latin1');
  const said = speaker.said();
  const numbers = new Map(
    speaker.sent.map((_, n) => [octets(said.subarray(n * size, (n + 1) * size)), n]),
  );
  const frames: number[] = [];
  for (let at = 0; at + size <= samples.length; ) {
    const n = numbers.get(octets(samples.subarray(at, at + size)));
    if (n !== undefined) frames.push(n);
    at += n === undefined ? 1 : size;
  }
  return frames;
}

/** The same of what came packet by packet; -1 for what the speaker has not said so. */
export function framesGot({ packets }: Handset, speaker: Handset): number[] {
  const text = (payload: Uint8Array) => Buffer.from(payload).toString('latin1');
  const numbers = new Map(speaker.sent.map((payload, n) => [text(payload), n]));
  return packets.map(({ payload }) => numbers.get(text(payload)) ?? -1);
}

/** Numbers from one up to another, without that. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}

/** The default tone at this rate. */
export function reminderTone(rate: number): Int16Array {
  return resampled(tone().sound.pcm, 16_000, rate);
}

/** Length in samples of what the energy at 1400 Hz is looked at in: 20 ms. */
const WINDOW_MS = 20;
/**
 * Where loud speech that was held up comes back in mid-tone, G.722 takes some 30 ms to follow it, and a tenth of the energy beside
 * the speech is then something else than the tone: there is room for twice that. How well the whole tone is there is judged by its correlation.
 */
const PURE = 0.8;

/**
 * Milliseconds at which a tone of 1400 Hz begins, to 2.5 ms: where most energy is at that frequency, as it is in
 * no speech, for at least half of the tone's length.
 */
export function tonesIn(samples: Int16Array, rate: number): number[] {
  const length = (rate * WINDOW_MS) / 1000;
  const waves = [Math.cos, Math.sin].map((wave) =>
    Float64Array.from({ length }, (_, n) => wave((2 * Math.PI * 1400 * n) / rate)),
  );
  const begins: number[] = [];
  let since: number | undefined;
  for (let at = 0; at + length <= samples.length; at += length / 8) {
    if (purity(samples.subarray(at, at + length), waves) > PURE) since ??= at;
    else {
      if (since !== undefined && at - since > rate / 10) begins.push((since * 1000) / rate);
      since = undefined;
    }
  }
  return begins;
}

/** Share of the energy that is in these waves; 0 where it is quiet. */
function purity(samples: Int16Array, waves: readonly Float64Array[]): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  if (energy < samples.length * QUIET) return 0;
  let share = 0;
  for (const wave of waves) {
    let product = 0;
    for (let n = 0; n < samples.length; n++) product += samples[n]! * wave[n]!;
    share += product ** 2;
  }
  return (2 * share) / (samples.length * energy);
}

/** Mean square below which there is nothing to hear. */
const QUIET = 10_000;

/** So many frames around where it is expected a packet is looked for: speech comes round again after 6 s. */
const NEAR = 150;

/**
 * What `speaker` said, where `listener` hears it. Packets that nothing was mixed into are known by their payload, and
 * show where others belong: on a machine with other things to do, a speaker falls silent now and then.
 */
export function saidTo(listener: Handset, speaker: Handset): Int16Array {
  const size = (listener.codec.rate * 20) / 1000;
  const said = speaker.said();
  const places = new Map<string, number[]>();
  speaker.sent.forEach((payload, n) => {
    const key = Buffer.from(payload).toString('latin1');
    places.set(key, [...(places.get(key) ?? []), n]);
  });
  const heard = listener.heard();
  const first = listener.packets[0]?.timestamp ?? 0;
  /** By how many frames what the packet carries was said later than it is heard, where its payload tells. */
  const shifts: (number | undefined)[] = [];
  let shift: number | undefined;
  for (const { timestamp, payload } of listener.packets) {
    const at = ((timestamp - first) | 0) / 160;
    const expected = at + (shift ?? 0);
    const known = places.get(Buffer.from(payload).toString('latin1')) ?? [];
    const distance = (n: number) => Math.abs(n - expected);
    const nearest = known.reduce<number | undefined>(
      (best, n) => (best === undefined || distance(n) < distance(best) ? n : best),
      undefined,
    );
    const isKnown = nearest !== undefined && distance(nearest) < NEAR;
    if (isKnown) shift = nearest - at;
    shifts.push(isKnown ? shift : undefined);
  }

  const aligned = new Int16Array(heard.length);
  const silence = new Int16Array(size);
  let before: number | undefined;
  listener.packets.forEach(({ timestamp }, i) => {
    const at = ((timestamp - first) | 0) / 160;
    const to = Math.round(at * size);
    const saidAt = (by: number): Int16Array => {
      const from = Math.round(at + by) * size;
      return from >= 0 ? said.subarray(from, from + size) : silence;
    };
    before = shifts[i] ?? before;
    const after = shifts.slice(i).find((one) => one !== undefined);
    if (to < 0 || (before === undefined && after === undefined)) return;
    // Held up while something was mixed in: from one of its packets on, and until then there was nothing of it.
    const held = before !== undefined && after !== undefined && before !== after;
    const candidates = held
      ? [saidAt(before!), saidAt(after!), silence]
      : [saidAt((before ?? after)!)];
    const rests = candidates.map((one) =>
      loudness(difference(heard.subarray(to, to + size), one, 0)),
    );
    aligned.set(candidates[rests.indexOf(Math.min(...rests))]!.subarray(0, heard.length - to), to);
  });
  return aligned;
}

/** How alike two pieces are as they lie: 1 is the same up to loudness. */
export function likeness(one: Int16Array, other: Int16Array): number {
  const product = one.reduce((sum, sample, n) => sum + sample * (other[n] ?? 0), 0);
  return product / (one.length * loudness(one) * loudness(other));
}

/** `one` without `other`, which begins in it at `offset`. */
export function difference(one: Int16Array, other: Int16Array, offset: number): Int16Array {
  return one.map((sample, n) => {
    const rest = sample - (other[n - offset] ?? 0);
    return Math.max(-32_768, Math.min(32_767, rest));
  });
}

/** Root mean square. */
export function loudness(samples: Int16Array): number {
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  return Math.sqrt(energy / Math.max(1, samples.length));
}

function resampled(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples;
  const resampler = new Resampler(from, to);
  const [head, rest] = [resampler.push(samples), resampler.flush()];
  const whole = new Int16Array(head.length + rest.length);
  whole.set(head);
  whole.set(rest, head.length);
  return whole;
}
