import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Api } from '../../src/api';
import { rangeOf } from '../../src/api/byte-range';
import { wavPeaks } from '../../src/api/wav-peaks';
import { ask, Bench, wav } from './support';

let bench: Bench;
let api: Api;
beforeEach(async () => {
  bench = new Bench();
  api = await bench.serve();
});
afterEach(() => bench.tearDown());

const AUDIO = '/v1/recordings/r1/files/audio.wav';
const content = Buffer.from('0123456789abcdefghij');

describe('a file of a recording', () => {
  it('is given whole, with its type, to be played or to be kept', async () => {
    bench.record('r1', content);
    const whole = await ask(api, AUDIO);
    expect(whole.status).toBe(200);
    expect(whole.body).toEqual(content);
    expect(whole.headers).toMatchObject({
      'content-type': 'audio/wav',
      'content-length': '20',
      'accept-ranges': 'bytes',
      'content-disposition': 'inline; filename="audio.wav"',
    });
    const kept = await ask(api, `${AUDIO}?download`);
    expect(kept.headers['content-disposition']).toBe('attachment; filename="audio.wav"');
  });

  it.each([
    ['bytes=0-4', '01234', 'bytes 0-4/20'],
    ['bytes=5-', '56789abcdefghij', 'bytes 5-19/20'],
    ['bytes=-3', 'hij', 'bytes 17-19/20'],
    ['bytes=18-500', 'ij', 'bytes 18-19/20'],
    ['bytes=-500', '0123456789abcdefghij', 'bytes 0-19/20'],
  ])('is given in part for %s', async (range, text, contentRange) => {
    bench.record('r1', content);
    const part = await ask(api, AUDIO, { headers: { range } });
    expect([part.status, part.text]).toEqual([206, text]);
    expect(part.headers['content-range']).toBe(contentRange);
    expect(part.headers['content-length']).toBe(String(text.length));
  });

  it.each(['bytes=20-', 'bytes=500-600', 'bytes=-0'])('has no part %s', async (range) => {
    bench.record('r1', content);
    const none = await ask(api, AUDIO, { headers: { range } });
    expect([none.status, none.text]).toEqual([416, '']);
    expect(none.headers['content-range']).toBe('bytes */20');
  });

  it.each(['bytes=', 'bytes=5-2', 'bytes=0-1,4-5', 'lines=1-2', 'bytes=a-b', 'bytes=1'])(
    'is given whole for %j, which is no range that is served',
    async (range) => {
      bench.record('r1', content);
      expect((await ask(api, AUDIO, { headers: { range } })).status).toBe(200);
    },
  );

  it('is given whole when it has changed since the part before', async () => {
    bench.record('r1', content);
    const { etag } = (await ask(api, AUDIO)).headers;
    const part = (ifRange: string) =>
      ask(api, AUDIO, { headers: { range: 'bytes=0-4', 'if-range': ifRange } });
    expect((await part(String(etag))).status).toBe(206);
    expect((await part('"old"')).status).toBe(200);
  });

  it('is not given again to who has it', async () => {
    bench.record('r1', content);
    const { etag } = (await ask(api, AUDIO)).headers;
    const again = await ask(api, AUDIO, { headers: { 'if-none-match': String(etag) } });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('tells its size to HEAD', async () => {
    bench.record('r1', content);
    const head = await ask(api, AUDIO, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe('20');
  });

  it('may be empty, or gone', async () => {
    bench.record('r1', Buffer.alloc(0));
    expect(await ask(api, AUDIO)).toMatchObject({ status: 200, text: '' });
    bench.entries[0] = { ...bench.entries[0]!, audio: join(bench.recordings, 'gone.wav') };
    expect((await ask(api, AUDIO)).status).toBe(404);
  });

  it('leaves no descriptor open, however it is asked for', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    bench.record('r1', Buffer.alloc(200_000));
    await ask(api, AUDIO);
    const before = open();
    for (let round = 0; round < 5; round++) {
      await ask(api, AUDIO);
      await ask(api, AUDIO, { method: 'HEAD' });
      await ask(api, AUDIO, { headers: { range: 'bytes=900000-' } });
      await ask(api, AUDIO, { headers: { range: 'bytes=0-1' } });
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(open()).toBeLessThanOrEqual(before + 1);
  });
});

describe('nothing but files of the catalogue leaves', () => {
  beforeEach(() => {
    writeFileSync(join(bench.root, 'secret.txt'), 'a secret');
    bench.record('r1', content);
  });

  it.each([
    '/v1/recordings/r1/files/..%2f..%2fsecret.txt',
    '/v1/recordings/r1/files/../../../secret.txt',
    '/v1/recordings/../secret.txt',
    '/v1/recordings/%2e%2e/files/secret.txt',
    '/v1/recordings/r1/files/%2e%2e%2fsecret.txt%00.wav',
    '/v1/recordings/r1/files/0.wav',
    '/v1/recordings/r1/files/',
    '/secret.txt',
    '//secret.txt',
    '/..%5c..%5csecret.txt',
  ])('%s is not there', async (path) => {
    const { status, text } = await ask(api, path);
    expect([400, 404]).toContain(status);
    expect(text).not.toContain('a secret');
  });

  it('nor does one outside the folder, though the catalogue or a link names it', async () => {
    const link = join(bench.recordings, 'link.wav');
    symlinkSync(join(bench.root, 'secret.txt'), link);
    mkdirSync(`${bench.recordings}-other`);
    writeFileSync(join(`${bench.recordings}-other`, 'a.wav'), 'a secret');
    const paths = {
      link,
      outside: join(bench.root, 'secret.txt'),
      beside: join(`${bench.recordings}-other`, 'a.wav'),
      folder: bench.recordings,
      device: '/dev/zero',
      up: `${bench.recordings}/../secret.txt`,
    };
    for (const [name, audio] of Object.entries(paths)) {
      bench.entries[0] = { ...bench.entries[0]!, audio };
      const { status, text } = await ask(api, AUDIO);
      expect([name, status]).toEqual([name, 404]);
      expect(text).not.toContain('a secret');
    }
  });

  it('a name with quotes or line breaks stays within its header', async () => {
    const name = 'a"\r\nSet-Cookie: x.wav';
    bench.entries[0] = { ...bench.entries[0]!, wav: { file: name, rate: 8000, channels: 2 } };
    const { status, headers } = await ask(
      api,
      `/v1/recordings/r1/files/${encodeURIComponent(name)}`,
    );
    expect(status).toBe(200);
    expect(headers['content-disposition']).toBe('inline; filename="a___Set-Cookie__x.wav"');
    expect(headers['set-cookie']).toBeUndefined();
  });
});

describe('a range', () => {
  it('lies within the file, whatever is asked', () => {
    const header = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.option(fc.nat()), fc.option(fc.nat()))
        .map(([a, b]) => `bytes=${a ?? ''}-${b ?? ''}`),
    );
    fc.assert(
      fc.property(header, fc.nat(1000), (text, size) => {
        const range = rangeOf(text, size);
        if (range.kind !== 'part') return true;
        return range.first >= 0 && range.first <= range.last && range.last < size;
      }),
    );
  });
});

describe('the peaks of a WAV file', () => {
  const write = (name: string, bytes: Buffer): string => {
    const path = join(bench.recordings, name);
    writeFileSync(path, bytes);
    return path;
  };

  it('are the loudest samples of each column and channel', async () => {
    const path = write('a.wav', wav([0, 16_384, 0, -32_768], [8192, 0, 0, 0]));
    expect(await wavPeaks(path, 2)).toEqual([
      [0.5, 1],
      [0.25, 0],
    ]);
  });

  it('are found while the file is being written, and when it was cut', async () => {
    const whole = wav([16_384, 16_384, 16_384, 16_384]);
    const growing = Buffer.from(whole);
    growing.writeUInt32LE(0, 40);
    expect(await wavPeaks(write('growing.wav', growing), 2)).toEqual([[0.5, 0.5]]);
    growing.writeUInt32LE(0xffff_ffff, 40);
    expect(await wavPeaks(write('endless.wav', growing), 2)).toEqual([[0.5, 0.5]]);
    expect(await wavPeaks(write('cut.wav', whole.subarray(0, 49)), 2)).toEqual([[0.5, 0.5]]);
  });

  it('of a long file cost little: it is sampled', async () => {
    const samples = new Array<number>(500_000).fill(100);
    samples[499_990] = 32_767;
    const peaks = await wavPeaks(write('long.wav', wav(samples, samples)), 10);
    expect(peaks?.[0]).toHaveLength(10);
    expect(peaks?.[0]?.every((level) => level > 0.002 && level < 0.004)).toBe(true);
  });

  it('of fewer samples than columns leave columns at rest', async () => {
    const peaks = await wavPeaks(write('short.wav', wav([32_767])), 4);
    expect(peaks?.[0]?.filter((level) => level > 0)).toHaveLength(1);
    expect(await wavPeaks(write('none.wav', wav([])), 2)).toEqual([[0, 0]]);
  });

  it('of what is no such file are none', async () => {
    expect(await wavPeaks(join(bench.recordings, 'gone'), 2)).toBeUndefined();
    expect(await wavPeaks(bench.recordings, 2)).toBeUndefined();
    for (const [name, bytes] of Object.entries({
      empty: Buffer.alloc(0),
      text: Buffer.from('RIFF of a guitar, WAVE of a hand'),
      header: wav([1]).subarray(0, 30),
      float: Buffer.from(wav([1])).fill(3, 20, 21),
      channels: Buffer.from(wav([1])).fill(200, 22, 23),
    })) {
      expect(await wavPeaks(write(name, bytes), 2)).toBeUndefined();
    }
  });

  it('of hostile bytes are found or not, and nothing else happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 12 }),
        async (changes) => {
          const bytes = Buffer.from(wav([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]));
          for (const [at, value] of changes) bytes[at] = value;
          const peaks = await wavPeaks(write('fuzz.wav', bytes), 3);
          return peaks === undefined || peaks.every((channel) => channel.length === 3);
        },
      ),
      { numRuns: 200 },
    );
  });
});
