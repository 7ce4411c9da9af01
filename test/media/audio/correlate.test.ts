import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { correlate, readWav } from '../../../src/media';

const RATE = 8000;

function voice(name: string): Int16Array {
  return readWav(readFileSync(join(__dirname, '../../../assets/speech', name))).channels[0]!;
}

const alice = voice('alice.wav');
const bob = voice('bob.wav');

/** `samples` from `at` on in a recording of `length` samples. */
function recording(length: number, samples: Int16Array, at: number): Int16Array {
  const out = new Int16Array(length);
  samples.forEach((sample, index) => {
    if (at + index >= 0 && at + index < length) out[at + index] = sample;
  });
  return out;
}

describe('the judge of recordings', () => {
  it.each([0, 1, 1234, 8001])('finds speech that begins at sample %i, to the sample', (at) => {
    const { coefficient, offsetMs } = correlate(alice, recording(80_000, alice, at), RATE);
    expect(coefficient).toBeCloseTo(1, 6);
    expect(offsetMs).toBeCloseTo((at * 1000) / RATE, 6);
  });

  it('finds the first second of a sentence that has seconds like it', () => {
    const first = bob.subarray(0, 8000);
    for (let at = 0; at < 400; at += 40) {
      const { coefficient, offsetMs } = correlate(
        first,
        recording(18_000, bob.subarray(0, 16_000), at),
        RATE,
      );
      expect(coefficient).toBeGreaterThan(0.99);
      expect(offsetMs).toBeCloseTo(at / 8, 6);
    }
  });

  it('is not taken in by another voice, nor by silence', () => {
    expect(correlate(alice, recording(80_000, bob, 0), RATE).coefficient).toBeLessThan(0.2);
    expect(correlate(alice, new Int16Array(80_000), RATE).coefficient).toBe(0);
    expect(correlate(alice, new Int16Array(0), RATE).coefficient).toBe(0);
  });

  it('counts a missing beginning against the recording', () => {
    const { coefficient, offsetMs } = correlate(alice, recording(60_000, alice, -8000), RATE);
    expect(offsetMs).toBeCloseTo(-1000, 6);
    expect(coefficient).toBeLessThan(0.97);
    expect(coefficient).toBeGreaterThan(0.7);
  });
});
