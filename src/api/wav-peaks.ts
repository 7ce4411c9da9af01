import { type FileHandle, open } from 'node:fs/promises';

/** The loudest sample of each column of each channel, from 0 to 1. */
export type Peaks = ReadonlyArray<readonly number[]>;

/** Frames looked at in one column at most: a long recording is sampled, not read. */
const FRAMES_A_COLUMN = 1024;
const MOST_CHANNELS = 8;
const FULL_SCALE = 32_768;
/** A WAV header with what may stand before the samples. */
const HEADER_BYTES = 4096;

interface Pcm {
  readonly channels: number;
  readonly offset: number;
  readonly frames: number;
}

/** Peaks of a 16-bit PCM WAV file, still being written or not; undefined when it is none. */
export async function wavPeaks(path: string, columns: number): Promise<Peaks | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    const header = Buffer.alloc(Math.min(HEADER_BYTES, size));
    await handle.read(header, 0, header.length, 0);
    const pcm = findSamples(header, size);
    return pcm && (await peaksOf(handle, pcm, columns));
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

async function peaksOf(handle: FileHandle, pcm: Pcm, columns: number): Promise<Peaks> {
  const bytesAFrame = pcm.channels * 2;
  const peaks = Array.from({ length: pcm.channels }, () => new Array<number>(columns).fill(0));
  const buffer = Buffer.alloc(FRAMES_A_COLUMN * bytesAFrame);
  for (let column = 0; column < columns; column++) {
    const first = Math.floor((column * pcm.frames) / columns);
    const next = Math.floor(((column + 1) * pcm.frames) / columns);
    const wanted = Math.min(next - first, FRAMES_A_COLUMN) * bytesAFrame;
    if (wanted === 0) continue;
    const { bytesRead } = await handle.read(buffer, 0, wanted, pcm.offset + first * bytesAFrame);
    for (let at = 0; at + bytesAFrame <= bytesRead; at += bytesAFrame) {
      for (let channel = 0; channel < pcm.channels; channel++) {
        const level = Math.abs(buffer.readInt16LE(at + channel * 2)) / FULL_SCALE;
        if (level > peaks[channel]![column]!) peaks[channel]![column] = level;
      }
    }
  }
  return peaks;
}

/** Walks the RIFF chunks. The size of one that is being written may be anything: the file's counts. */
function findSamples(header: Buffer, size: number): Pcm | undefined {
  const text = (at: number): string => header.toString('latin1', at, at + 4);
  if (text(0) !== 'RIFF' || text(8) !== 'WAVE') return undefined;
  let channels = 0;
  for (let at = 12; at + 8 <= header.length; ) {
    const length = header.readUInt32LE(at + 4);
    const body = at + 8;
    if (text(at) === 'fmt ' && body + 16 <= header.length) {
      const format = header.readUInt16LE(body);
      const bits = header.readUInt16LE(body + 14);
      if ((format !== 1 && format !== 0xfffe) || bits !== 16) return undefined;
      channels = header.readUInt16LE(body + 2);
    }
    if (text(at) === 'data') {
      if (channels < 1 || channels > MOST_CHANNELS) return undefined;
      const there = Math.max(0, size - body);
      const bytes = length === 0 ? there : Math.min(length, there);
      return { channels, offset: body, frames: Math.floor(bytes / (channels * 2)) };
    }
    at = body + length + (length % 2);
  }
  return undefined;
}
