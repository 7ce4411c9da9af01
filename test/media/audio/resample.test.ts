import { Resampler } from '../../../src/media';

const tone = (hz: number, rate: number, samples: number): Int16Array =>
  Int16Array.from({ length: samples }, (_, n) => 10_000 * Math.sin((2 * Math.PI * hz * n) / rate));

const resampled = (samples: Int16Array, from: number, to: number, piece: number): Int16Array => {
  const resampler = new Resampler(from, to);
  const out: number[] = [];
  for (let at = 0; at < samples.length; at += piece) {
    out.push(...resampler.push(samples.subarray(at, at + piece)));
  }
  out.push(...resampler.flush());
  return Int16Array.from(out);
};

/** The largest difference, the edges (where the tone begins and ends) left out. */
const worst = (a: Int16Array, b: Int16Array): number =>
  a.reduce(
    (most, sample, at) =>
      at < 200 || at > a.length - 200 ? most : Math.max(most, Math.abs(sample - b[at]!)),
    0,
  );

describe.each([
  [8000, 16_000],
  [16_000, 8000],
  [44_100, 16_000],
  [48_000, 16_000],
  [11_025, 8000],
])('from %i to %i Hz', (from, to) => {
  it('puts every sample where it belongs, whatever the size of the pieces', () => {
    const out = resampled(tone(1000, from, from), from, to, 441);
    expect(out).toHaveLength(to);
    expect(worst(tone(1000, to, to), out)).toBeLessThan(20);
    expect(resampled(tone(1000, from, from), from, to, from)).toEqual(out);
  });
});

it('keeps out what the lower rate cannot carry', () => {
  const out = resampled(tone(5000, 16_000, 16_000), 16_000, 8000, 320);
  expect(worst(new Int16Array(8000), out)).toBeLessThan(10);
});

it('begins anew after a flush', () => {
  const resampler = new Resampler(8000, 16_000);
  const run = (): number[] => [
    ...resampler.push(tone(500, 8000, 800)),
    ...resampler.push(tone(700, 8000, 800)),
    ...resampler.flush(),
  ];
  const first = run();
  expect(first).toHaveLength(3200);
  expect(run()).toEqual(first);
});
