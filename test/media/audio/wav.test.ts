import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { growingWavHeader, readWav, writeWav } from '../../../src/media';

const LEFT = Int16Array.from({ length: 800 }, (_, n) => n * 10 - 4000);
const RIGHT = Int16Array.from({ length: 800 }, (_, n) => 4000 - n * 10);
const PCM = writeWav({ rate: 8000, channels: [LEFT, RIGHT] }).subarray(44);

function soxi(option: string, file: Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'wav-'));
  try {
    writeFileSync(join(directory, 'x.wav'), file);
    return execFileSync('soxi', [option, join(directory, 'x.wav')], { encoding: 'utf8' }).trim();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('a WAV file', () => {
  it('is read as it was written', () => {
    expect(readWav(writeWav({ rate: 8000, channels: [LEFT, RIGHT] }))).toEqual({
      rate: 8000,
      channels: [LEFT, RIGHT],
    });
  });

  it('that grew is what sox takes it for, once its size is known', () => {
    const header = growingWavHeader({ rate: 8000, channels: 2, dataBytes: PCM.length });
    const file = Buffer.concat([header, PCM]);
    expect(soxi('-s', file)).toBe('800');
    expect(soxi('-r', file)).toBe('8000');
    expect(soxi('-c', file)).toBe('2');
    expect(readWav(file).channels).toEqual([LEFT, RIGHT]);
  });

  it('whose size is not known yet is read to its end', () => {
    const header = growingWavHeader({ rate: 8000, channels: 2, dataBytes: undefined });
    expect(readWav(Buffer.concat([header, PCM])).channels).toEqual([LEFT, RIGHT]);
  });

  it('beyond 4 GiB says its sizes in 64 bits', () => {
    const dataBytes = 5 * 2 ** 30;
    const header = growingWavHeader({ rate: 16_000, channels: 2, dataBytes });
    expect(header.toString('latin1', 0, 4)).toBe('RF64');
    expect(header.readUInt32LE(4)).toBe(0xffffffff);
    expect(header.toString('latin1', 12, 16)).toBe('ds64');
    expect(header.readBigUInt64LE(20)).toBe(BigInt(dataBytes + 72));
    expect(header.readBigUInt64LE(28)).toBe(BigInt(dataBytes));
    expect(header.readBigUInt64LE(36)).toBe(BigInt(dataBytes / 4));
    expect(readWav(Buffer.concat([header, PCM])).channels).toEqual([LEFT, RIGHT]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another file', Buffer.alloc(100, 'x')],
    [
      'a header without data',
      growingWavHeader({ rate: 8000, channels: 1, dataBytes: 0 }).subarray(0, 60),
    ],
  ])('that is %s is refused with a reason', (_name, file) => {
    expect(() => readWav(file)).toThrow(/RIFF|chunk/);
  });
});
