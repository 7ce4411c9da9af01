import { canPlay, type EncodedFrames, type StreamFormat } from '../../../../src/media';

const listener = (codec: string, fmtp?: string): StreamFormat => ({
  payloadType: 96,
  codec,
  clockRate: 8_000,
  channels: 1,
  fmtp,
});
const plays = (codec: string, taken: string | undefined, made: string | undefined) => {
  const frames: EncodedFrames = {
    ...listener(codec, made),
    ticks: 160,
    payloads: [new Uint8Array(32)],
  };
  return canPlay([listener(codec, taken)], { pcm: new Int16Array(320), frames: [frames] });
};

describe('frames of AMR', () => {
  test.each([
    [undefined, undefined],
    [undefined, 'octet-align=0'],
    ['octet-align=1', 'mode-set=7; octet-align=1'],
    ['mode-set=0, 2,7; octet-align=0; max-red=0', 'mode-set=7'],
  ])('for a listener with %s may be packed with %s', (taken, made) => {
    expect(plays('AMR', taken, made)).toBe(true);
  });

  test.each([
    ['octet-align=1', undefined],
    [undefined, 'octet-align=1'],
    ['crc=1', 'octet-align=1'],
    ['mode-set=0,2', 'mode-set=7'],
    ['mode-set=0,2', undefined],
  ])('for a listener with %s may not be packed with %s', (taken, made) => {
    expect(plays('AMR', taken, made)).toBe(false);
  });
});

test('frames of iLBC are of one of two lengths', () => {
  expect(plays('iLBC', 'mode=20', 'mode=20')).toBe(true);
  expect(plays('iLBC', 'mode=20', undefined)).toBe(false);
});

test('parameters of other codecs say nothing of their packets', () => {
  expect(plays('G729', 'annexb=yes', 'annexb=no')).toBe(true);
});

test('a sound may be there in several codecs', () => {
  const frames = ['GSM', 'G729'].map((codec) => ({
    codec,
    clockRate: 8_000,
    channels: 1,
    ticks: 160,
    payloads: [new Uint8Array(20)],
  }));
  const sound = { pcm: new Int16Array(320), frames };
  expect(['GSM', 'g729', 'AMR'].map((codec) => canPlay([listener(codec)], sound))).toEqual([
    true,
    true,
    false,
  ]);
});
