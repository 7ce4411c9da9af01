import { execFileSync } from 'node:child_process';
import { decodePcma, decodePcmu, encodePcma, encodePcmu } from '../../../src/media/audio/g711';

/** What sox makes of the same samples: a party that shares no table with us. */
function sox(samples: Int16Array, encoding: 'mu-law' | 'a-law'): Buffer {
  const raw = ['-t', 'raw', '-r', '8000', '-c', '1'];
  return execFileSync(
    'sox',
    ['-D', ...raw, '-e', 'signed', '-b', '16', '-', ...raw, '-e', encoding, '-b', '8', '-'],
    { input: Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength), maxBuffer: 1e7 },
  );
}

function decodedBySox(codes: Uint8Array, encoding: 'mu-law' | 'a-law'): Int16Array {
  const raw = ['-t', 'raw', '-r', '8000', '-c', '1'];
  const out = execFileSync(
    'sox',
    ['-D', ...raw, '-e', encoding, '-b', '8', '-', ...raw, '-e', 'signed', '-b', '16', '-'],
    { input: codes },
  );
  return new Int16Array(out.buffer, out.byteOffset, out.length / 2).slice();
}

const CODES = Uint8Array.from({ length: 256 }, (_, code) => code);
const EVERY_SAMPLE = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);

describe.each([
  ['PCMU', 'mu-law', encodePcmu, decodePcmu],
  ['PCMA', 'a-law', encodePcma, decodePcma],
] as const)('%s', (_name, law, encode, decode) => {
  it('decodes every code as sox does', () => {
    expect([...decode(CODES)]).toEqual([...decodedBySox(CODES, law)]);
  });

  it('encodes every sample as sox does, give or take the bits that the law drops', () => {
    const theirs = sox(EVERY_SAMPLE, law);
    const ours = [-16, -8, -2, 0, 2, 8, 16].map((by) =>
      encode(EVERY_SAMPLE.map((sample) => Math.max(-32_768, Math.min(32_767, sample + by)))),
    );
    const elsewhere = EVERY_SAMPLE.findIndex(
      (_, at) => !ours.some((codes) => codes[at] === theirs[at]),
    );
    expect(elsewhere).toBe(-1);
    const same = EVERY_SAMPLE.filter((_, at) => ours[3]?.[at] === theirs[at]).length;
    expect(same / EVERY_SAMPLE.length).toBeGreaterThan(0.95);
  });

  it('gives back what it decoded', () => {
    const once = decode(CODES);
    expect([...decode(encode(once))]).toEqual([...once]);
  });
});
