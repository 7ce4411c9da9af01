import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { correlate, Resampler, readWav } from '../../../../src/media';
import { type Codec, G722, L16, PCMA, PCMU } from '../../support/codecs';
import { PlayoutStage, steps, tone } from './stage';

const spoken = readWav(readFileSync(join(__dirname, '../../../../assets/speech/alice.wav')));
/** Recorded speech at 16 kHz: 6 seconds. */
const speech = new Resampler(spoken.rate, 16_000)
  .push(spoken.channels[0]!)
  .subarray(0, 6 * 16_000)
  .map((sample) => sample / 2);
const LEVEL = 3_000;

interface Case extends Codec {
  /** What must be left of the speech, in samples; a coder that predicts makes other noise of a sum. */
  readonly intact: number;
}

const CASES: readonly Case[] = [
  { ...PCMU, intact: 0.998 },
  { ...PCMA, intact: 0.998 },
  { ...G722, intact: 0.99 },
  { ...L16, intact: 0.9999 },
];

describe.each(CASES)('a reminder in recorded speech in $codec', (format) => {
  const { rate, clockRate, payloadType } = format;
  const own = rate === 16_000 ? speech : new Resampler(16_000, rate).push(speech);
  const said = format.encode(own);
  const size = Math.round(said.length / 300);
  const packets = Math.floor(said.length / size);

  function heardWith(play: boolean): { samples: Int16Array; stage: PlayoutStage } {
    const stage = new PlayoutStage(true);
    stage.live.payloadType = payloadType;
    if (play) {
      stage.play({
        formats: [format],
        sound: { pcm: tone(300, LEVEL) },
        repeat: { everyMs: 2_000, firstAfterMs: 1_000 },
      });
    }
    for (let at = 0; at + size <= said.length; at += size) {
      stage.packet({ payload: Buffer.from(said.subarray(at, at + size)) });
      stage.live.timestamp += clockRate / 50 - 160;
      stage.wait(20);
    }
    const payloads = stage.sent.map(({ payload }) => payload);
    return { samples: format.decode(Buffer.concat(payloads)), stage };
  }

  const plain = heardWith(false).samples;
  const { samples, stage } = heardWith(true);
  const part = (of: Int16Array, fromMs: number, toMs: number): Int16Array =>
    of.subarray((fromMs * rate) / 1000, (toMs * rate) / 1000);
  const added = samples.map((sample, n) => sample - plain[n]!);

  test('is there at each interval, as loud as it was made', () => {
    for (const begin of [1_000, 3_000, 5_000]) {
      const pure = tone(300, LEVEL).filter((_, n) => rate === 16_000 || n % 2 === 0);
      const found = correlate(pure, part(added, begin - 50, begin + 350), rate);
      expect(found.coefficient).toBeGreaterThan(0.9);
      expect(Math.abs(found.offsetMs - 50)).toBeLessThan(3);
    }
  });

  test('leaves the speech under it intact, and all of it', () => {
    for (const begin of [1_000, 3_000, 5_000]) {
      const under = part(samples, begin, begin + 300);
      const tonal = sinusoid(part(added, begin, begin + 300), rate);
      const speech = under.map((sample, n) => sample - tonal(n));
      const { coefficient } = correlate(
        part(plain, begin + 20, begin + 280),
        speech.subarray((20 * rate) / 1000, (280 * rate) / 1000),
        rate,
      );
      expect(coefficient).toBeGreaterThan(format.intact);
    }
    expect(stage.sent).toHaveLength(packets);
    expect(steps(stage.sent)).toEqual(
      new Array(packets - 1).fill({ sequence: 1, timestamp: clockRate / 50 }),
    );
  });

  test('is not there between', () => {
    const between = [part(added, 0, 1_000), part(added, 1_600, 3_000), part(added, 3_600, 5_000)];
    for (const pause of between) {
      const energy = pause.reduce((sum, sample) => sum + sample * sample, 0) / pause.length;
      expect(Math.sqrt(energy)).toBeLessThan(LEVEL / 30);
    }
  });
});

/** The sinusoid of 1400 Hz in samples, fitted by least squares. */
function sinusoid(samples: Int16Array, rate: number): (n: number) => number {
  const phase = (n: number): number => (2 * Math.PI * 1400 * n) / rate;
  const [from, to] = [Math.round(0.03 * rate), Math.round(0.27 * rate)];
  let [sine, cosine] = [0, 0];
  for (let n = from; n < to; n++) {
    sine += (2 * samples[n]! * Math.sin(phase(n))) / (to - from);
    cosine += (2 * samples[n]! * Math.cos(phase(n))) / (to - from);
  }
  return (n) => sine * Math.sin(phase(n)) + cosine * Math.cos(phase(n));
}
