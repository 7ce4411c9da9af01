import { createHash } from 'node:crypto';
import { correlate, readWav, writeWav } from '../../src/media';
import type { OwnPrompt } from '../../src/policy';
import {
  EmbeddedPrompts,
  LANGUAGES,
  PROMPT_LEVEL,
  PROMPT_NAMES,
  promptFromWav,
  tone,
  uploadedPrompt,
} from '../../src/tones';
import { activeLevel, dBm0Of } from '../../src/tones/level';

const HEX = /^[0-9a-f]{64}$/;

function rms(pcm: Int16Array): number {
  return Math.sqrt(pcm.reduce((sum, sample) => sum + sample * sample, 0) / pcm.length);
}

/** Sums of sines that come and go: has a beginning, an end and pauses, as speech has. */
function chirps(rate: number, seconds: number, amplitude: number): Int16Array {
  return Int16Array.from({ length: Math.round(rate * seconds) }, (_, n) => {
    const t = n / rate;
    const on = t % 0.5 < 0.3 ? Math.sin((Math.PI * (t % 0.5)) / 0.3) : 0;
    return amplitude * on * Math.sin(2 * Math.PI * (300 + 200 * t) * t);
  });
}

describe('a tone', () => {
  test('is 1400 Hz for 200 ms, as loud as speech, and does not click', () => {
    const { sound, lengthMs, fileHash, what } = tone();
    expect({ what, lengthMs, length: sound.pcm.length }).toEqual({
      what: 'tone',
      lengthMs: 200,
      length: 3200,
    });
    expect(fileHash).toMatch(HEX);
    const middle = sound.pcm.subarray(800, 2400);
    expect(dBm0Of(rms(middle))).toBeCloseTo(-20, 1);
    const pure = Int16Array.from({ length: 1600 }, (_, n) =>
      Math.round(5000 * Math.sin((2 * Math.PI * 1400 * n) / 16_000)),
    );
    expect(correlate(pure, middle, 16_000).coefficient).toBeGreaterThan(0.999);
    for (const edge of [sound.pcm.subarray(0, 8), sound.pcm.subarray(-8)]) {
      expect(Math.max(...edge.map(Math.abs))).toBeLessThan(Math.max(...middle) / 20);
    }
  });

  test('is as it was asked for', () => {
    const { sound } = tone({ frequency: 440, lengthMs: 500, level: -10 });
    expect(sound.pcm).toHaveLength(8000);
    expect(dBm0Of(rms(sound.pcm.subarray(800, 7200)))).toBeCloseTo(-10, 1);
  });

  test.each([
    [{ frequency: 50 }, 'tone frequency: give 300 to 3400 Hz, not 50'],
    [{ lengthMs: 0 }, 'tone lengthMs: give 50 to 1000 ms, not 0'],
    [{ level: 3 }, 'tone level: give -40 to -3 dBm0, not 3'],
    [{ level: Number.NaN }, 'not NaN'],
  ])('%j is refused with what would do', (options, says) => {
    expect(() => tone(options)).toThrow(
      expect.objectContaining({
        code: 'SOUND_NOT_USABLE',
        message: expect.stringContaining(says),
      }),
    );
  });
});

describe('a prompt from a WAV file', () => {
  test.each([
    [8_000, 1, 300],
    [44_100, 2, 20_000],
    [16_000, 1, 3_000],
    [11_025, 1, 32_000],
    [48_000, 6, 9_000],
  ])(
    'at %i Hz on %i channels is the same sound at 16 kHz and one loudness',
    (rate, channels, amplitude) => {
      const one = chirps(rate, 2, amplitude);
      const file = writeWav({ rate, channels: Array.from({ length: channels }, () => one) });
      const { sound, lengthMs, fileHash } = promptFromWav('start', file);
      expect(lengthMs).toBeCloseTo(2000, 0);
      expect(fileHash).toMatch(HEX);
      expect(activeLevel(sound.pcm)).toBeCloseTo(PROMPT_LEVEL, 0);
      const { coefficient, offsetMs } = correlate(chirps(16_000, 2, 5_000), sound.pcm, 16_000);
      expect(coefficient).toBeGreaterThan(0.995);
      expect(Math.abs(offsetMs)).toBeLessThan(0.2);
    },
  );

  test('never clips, however sharp its peaks are', () => {
    const pcm = new Int16Array(16_000).map((_, n) => (n % 160 === 0 ? 3_000 : 0));
    const { sound } = promptFromWav('start', writeWav({ rate: 16_000, channels: [pcm] }));
    expect(Math.max(...sound.pcm)).toBeLessThanOrEqual(29_205);
  });

  const wav = (rate: number, seconds: number, amplitude = 5_000): Buffer =>
    writeWav({ rate, channels: [chirps(rate, seconds, amplitude)] });
  const eightBit = wav(8_000, 1);
  eightBit.writeUInt16LE(8, 34);

  test.each([
    ['an empty file', Buffer.alloc(0), 'prompt start: the file is empty; give a WAV file'],
    ['no WAV file', Buffer.from('ID3 this is an mp3'), 'sox IN -b 16'],
    ['8-bit samples', eightBit, 'only 16-bit PCM is read'],
    ['no samples', wav(8_000, 0), 'it holds no sound'],
    ['silence', wav(8_000, 1, 0), 'it is silent'],
    ['61 seconds', wav(8_000, 60.5), 'it lasts 61 s; shorten it to 60 s at most'],
    ['a rate that is a mistake', wav(44_101, 0.1), 'its rate is 44101 Hz; convert it'],
    ['a rate too low', wav(4_000, 0.1), 'its rate is 4000 Hz'],
    ['too many octets', Buffer.alloc(16 * 1024 * 1024 + 1), 'larger than 16 MiB'],
  ])('is refused for %s, with what to do', (_, file, says) => {
    expect(() => promptFromWav('start', file)).toThrow(
      expect.objectContaining({
        code: 'SOUND_NOT_USABLE',
        message: expect.stringContaining(says),
      }),
    );
  });
});

describe('the embedded prompts', () => {
  const prompts = new EmbeddedPrompts();

  test.each(LANGUAGES)('are all there in %s, short and equally loud', async (language) => {
    for (const name of PROMPT_NAMES) {
      const { what, sound, lengthMs } = await prompts.prompt({ name, language });
      expect(what).toBe(name);
      expect(lengthMs).toBeGreaterThan(700);
      expect(lengthMs).toBeLessThan(3_000);
      expect(Math.abs(activeLevel(sound.pcm) - PROMPT_LEVEL)).toBeLessThan(1);
    }
  });

  test('are read once', async () => {
    const ask = { name: 'start', language: 'en' } as const;
    expect(await prompts.prompt(ask)).toBe(await prompts.prompt(ask));
  });

  test('give way to one’s own, made ready once for each content', async () => {
    const own = async (seconds: number) => {
      const file = writeWav({ rate: 8_000, channels: [chirps(8_000, seconds, 900)] });
      return (await uploadedPrompt('greeting', { kind: 'wav', file })) as OwnPrompt;
    };
    const [first, second] = [await own(1), await own(1.5)];
    const ask = (prompt: OwnPrompt) =>
      prompts.prompt({ name: 'start', language: 'uk', own: prompt });
    expect((await ask(first)).lengthMs).toBeCloseTo(1_000, 0);
    expect((await ask(second)).lengthMs).toBeCloseTo(1_500, 0);
    expect(await ask(first)).toBe(await ask(first));
    expect((await ask(first)).fileHash).toBe((first as { sha256: string }).sha256);
    await expect(ask({ kind: 'text', text: 'Hello' })).rejects.toMatchObject({
      code: 'SOUND_NOT_USABLE',
      message: expect.stringContaining('nobody here speaks text; give a WAV file'),
    });
  });

  test('are not looked for where a language points to elsewhere', async () => {
    const language = '../../..' as 'en';
    await expect(prompts.prompt({ name: 'start', language })).rejects.toMatchObject({
      message: expect.stringContaining('only in en and uk; give a file'),
    });
  });
});

describe('a prompt that is given', () => {
  test('is kept as it will be played, with the hash of the file it came from', async () => {
    const file = writeWav({
      rate: 44_100,
      channels: [chirps(44_100, 2, 900), chirps(44_100, 2, 900)],
    });
    const prompt = await uploadedPrompt('greeting', { kind: 'wav', file });
    if (prompt.kind !== 'wav') throw new Error('no sound');
    const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(prompt).toMatchObject({
      sourceSha256: hashOf(file),
      sha256: hashOf(prompt.wav),
      lengthMs: 2_000,
    });
    const { rate, channels } = readWav(prompt.wav);
    expect([rate, channels.length]).toEqual([16_000, 1]);
    expect(activeLevel(channels[0]!)).toBeCloseTo(PROMPT_LEVEL, 0);
    expect(correlate(chirps(16_000, 2, 5_000), channels[0]!, 16_000).coefficient).toBeGreaterThan(
      0.995,
    );
  });

  test.each([
    [{ kind: 'wav', file: Buffer.alloc(0) }, 'prompt greeting: the file is empty; give a WAV file'],
    [{ kind: 'wav', file: Buffer.from('ID3 this is an mp3') }, 'convert it to 16-bit PCM: sox IN'],
    [
      { kind: 'text', text: 'Hello', speaks: false },
      'give a WAV file, or set announcements.source to freeswitch',
    ],
  ] as const)('is refused with what to do: %j', async (upload, says) => {
    await expect(uploadedPrompt('greeting', upload)).rejects.toMatchObject({
      code: 'SOUND_NOT_USABLE',
      message: expect.stringContaining(says),
    });
  });

  test('may be words where they are spoken', async () => {
    const text = 'This call is recorded.';
    expect(await uploadedPrompt('greeting', { kind: 'text', text, speaks: true })).toEqual({
      kind: 'text',
      text,
    });
  });
});
