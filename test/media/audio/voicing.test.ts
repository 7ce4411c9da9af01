import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { correlate, decodeL16, encodeL16, Resampler, readWav } from '../../../src/media';
import { valuesOf, voicing } from '../../../src/media/audio';
import { type Codec, G722, L16, PCMA, PCMU } from '../support/codecs';

const RATE = 16_000;
const spoken = readWav(readFileSync(join(__dirname, '../../../assets/speech/alice.wav')));
const speech = new Resampler(spoken.rate, RATE).push(spoken.channels[0]!).subarray(0, 2 * RATE);
/** 1400 Hz for 300 ms. */
const tone = Int16Array.from({ length: 0.3 * RATE }, (_, n) =>
  Math.round(3000 * Math.sin((2 * Math.PI * 1400 * n) / RATE)),
);

interface Case extends Codec {
  /** What is left of the speech under a tone, in the listener's samples. */
  readonly correlation: number;
}

const CASES: readonly Case[] = [
  { ...PCMU, correlation: 0.995 },
  { ...PCMA, codec: 'pcma', correlation: 0.995 },
  { ...L16, correlation: 0.9999 },
  {
    ...L16,
    payloadType: 10,
    clockRate: 44_100,
    channels: 2,
    rate: 44_100,
    encode: (samples) => encodeL16(twice(samples)),
    decode: (payload) => decodeL16(payload, 2),
    correlation: 0.9999,
  },
  { ...G722, correlation: 0.99 },
];

function twice(samples: Int16Array): Int16Array {
  return Int16Array.from({ length: 2 * samples.length }, (_, n) => samples[n >> 1]!);
}

describe.each(CASES)('sound in $codec at $clockRate Hz', (format) => {
  const { rate, clockRate } = format;
  const ticks = clockRate / 50;
  const frames = (ms: number): number => ms / 20;
  const atRate = (samples: Int16Array): Int16Array =>
    rate === RATE ? samples : new Resampler(RATE, rate).push(samples);
  const said = format.encode(atRate(speech));
  const size = ticks * (format.codec === 'L16' ? 2 * format.channels : 1);
  const values = valuesOf(tone, format);

  /** Speech with the tone from 1 s on, mixed as a relay does: followed before, tailed after. */
  function mixed(): Uint8Array {
    const heard = Uint8Array.from(said);
    const voice = voicing(format)!;
    const span = ticks * voice.valuesPerTick;
    for (let frame = 0; frame < frames(1000); frame++) voice.follow(heard, frame * size, size);
    for (let frame = 0; frame < frames(300) || !voice.settled; frame++) {
      const added = new Int32Array(span);
      added.set(values.subarray(frame * span, (frame + 1) * span));
      voice.mix(heard, (frames(1000) + frame) * size, size, added);
    }
    return heard;
  }

  const plain = format.decode(said);
  const withTone = format.decode(mixed());
  const part = (samples: Int16Array, fromMs: number, toMs: number): Int16Array =>
    samples.subarray((fromMs * rate) / 1000, (toMs * rate) / 1000);
  /** What was added to the speech, as the listener has it. */
  const added = withTone.map((sample, n) => sample - plain[n]!);

  test('leaves the speech under a tone as it is', () => {
    const toneHere = part(added, 1000, 1310);
    const without = part(withTone, 1000, 1300).map((sample, n) => sample - pure(n, toneHere));
    const { coefficient } = correlate(part(plain, 1000, 1300), without, rate);
    expect(coefficient).toBeGreaterThan(format.correlation);
  });

  /** The sinusoid of 1400 Hz that lies in `samples`, fitted by least squares. */
  function pure(n: number, samples: Int16Array): number {
    fit ??= fitted(samples);
    return (
      fit.a * Math.sin(2 * Math.PI * 1400 * (n / rate)) +
      fit.b * Math.cos(2 * Math.PI * 1400 * (n / rate))
    );
  }
  let fit: { a: number; b: number } | undefined;
  function fitted(samples: Int16Array): { a: number; b: number } {
    let a = 0;
    let b = 0;
    const [from, to] = [0.05 * rate, 0.25 * rate];
    for (let n = from; n < to; n++) {
      a += (2 * samples[n]! * Math.sin((2 * Math.PI * 1400 * n) / rate)) / (to - from);
      b += (2 * samples[n]! * Math.cos((2 * Math.PI * 1400 * n) / rate)) / (to - from);
    }
    return { a, b };
  }

  test('adds the tone as loud as it was made', () => {
    const { a, b } = fitted(part(added, 1000, 1310));
    expect(Math.hypot(a, b)).toBeGreaterThan(2850);
    expect(Math.hypot(a, b)).toBeLessThan(3150);
  });

  test('is heard nowhere else', () => {
    expect(rms(part(added, 0, 1000))).toBe(0);
    const after = part(added, 1320, 2000);
    // What G.722 makes of a sum is not what it makes of its parts, until it has settled.
    const trace = format.codec === 'G722' ? rms(part(plain, 1320, 2000)) / 30 : 0;
    expect(rms(after)).toBeLessThanOrEqual(trace);
  });

  test('speaks alone where nobody else does', () => {
    const voice = voicing(format)!;
    const payload = new Uint8Array(frames(300) * size);
    for (let frame = 0; frame < frames(300); frame++) {
      const span = ticks * voice.valuesPerTick;
      const frameValues = Int32Array.from(values.subarray(frame * span, (frame + 1) * span));
      voice.speak(payload, frame * size, ticks, frameValues);
    }
    const { coefficient } = correlate(atRate(tone), format.decode(payload), rate);
    expect(coefficient).toBeGreaterThan(0.99);
  });
});

test.each([
  ['opus', 48_000, 1],
  ['PCMU', 16_000, 1],
  ['L16', 4_294_967_295, 1],
  ['L16', 0, 1],
  ['L16', 16_000, 255],
])('there is no voicing of %s at %i Hz on %i channels', (codec, clockRate, channels) => {
  expect(voicing({ payloadType: 96, codec, clockRate, channels })).toBeUndefined();
});

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / Math.max(1, samples.length));
}
