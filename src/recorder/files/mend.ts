import { open, readFile, rename, truncate } from 'node:fs/promises';
import { basename } from 'node:path';
import { GROWING_WAV_HEADER_BYTES, growingWavHeader } from '../../media';
import type { RecordingDocument } from '../recording';
import { sha256Of } from './hash';
import { writeSidecar } from './journal';
import { beginningOf, PART, PCAP, SIDECAR, WAV } from './paths';
import { wholeLength } from './pcap';

/**
 * Finishes the files of a recording that nobody writes to any more: sizes from the length of the file,
 * whole frames and whole packets, the sidecar marked and given `more`. `base` is their path without ending.
 * Rejects with the system's error, or an Error that says what the file is.
 */
export async function mend(
  base: string,
  id: string,
  more: Partial<RecordingDocument> = {},
): Promise<RecordingDocument> {
  const part = `${base}${WAV}${PART}`;
  const audio = await completeWav(part);
  const pcap = await completePcap(`${base}${PCAP}${PART}`);
  const known = (await readSidecar(`${base}${SIDECAR}`)) ?? unknownRecording(id, base);
  const document: RecordingDocument = {
    ...known,
    recovered: true,
    state: 'finished',
    durationMs: audio.durationMs,
    endedAt: new Date(Date.parse(known.startedAt) + audio.durationMs).toISOString(),
    end: { by: 'lost', reason: 'the recorder ended before the recording did' },
    wav: {
      file: basename(`${base}${WAV}`),
      rate: audio.rate,
      channels: audio.channels,
      sha256: await sha256Of(part),
    },
    ...(pcap && { pcap: basename(`${base}${PCAP}`) }),
    ...more,
  };
  await writeSidecar(`${base}${SIDECAR}`, document);
  await publish(base, pcap);
  return document;
}

/** Gives finished files their names. The sidecar has been written: a `.part` says that it has not. */
export async function publish(base: string, pcap: boolean): Promise<void> {
  if (pcap) await rename(`${base}${PCAP}${PART}`, `${base}${PCAP}`);
  await rename(`${base}${WAV}${PART}`, `${base}${WAV}`);
}

/** The sidecar at `path`; undefined when there is none that can be read. */
export async function readSidecar(path: string): Promise<RecordingDocument | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    const read = value as Partial<RecordingDocument> | null;
    return read?.version === 1 && typeof read.id === 'string' && typeof read.startedAt === 'string'
      ? (read as RecordingDocument)
      : undefined;
  } catch {
    return undefined;
  }
}

async function completeWav(path: string) {
  const file = await open(path, 'r+');
  try {
    const header = Buffer.alloc(GROWING_WAV_HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    const channels = header.readUInt16LE(58);
    const rate = header.readUInt32LE(60);
    if (
      bytesRead < header.length ||
      header.toString('latin1', 8, 12) !== 'WAVE' ||
      channels < 1 ||
      rate < 1
    ) {
      throw new Error(`${path} has no audio in it`);
    }
    const frames = Math.floor(((await file.stat()).size - header.length) / (2 * channels));
    const dataBytes = frames * 2 * channels;
    await file.truncate(header.length + dataBytes);
    await file.write(growingWavHeader({ rate, channels, dataBytes }), 0, header.length, 0);
    return { rate, channels, durationMs: (frames * 1000) / rate };
  } finally {
    await file.close();
  }
}

/** False when there is no such file. */
async function completePcap(path: string): Promise<boolean> {
  const file = await readFile(path).catch(() => undefined);
  if (!file) return false;
  await truncate(path, wholeLength(file));
  return true;
}

/** For audio whose sidecar is lost. */
function unknownRecording(id: string, base: string): RecordingDocument {
  const startedAt = (beginningOf(id) ?? new Date(0)).toISOString();
  return {
    version: 1,
    id,
    state: 'recording',
    recovered: true,
    startedAt,
    durationMs: 0,
    wav: { file: basename(`${base}${WAV}`), rate: 0, channels: 0 },
    sip: { callId: '', from: '', to: '', requestUri: '', source: '', headers: {} },
    participants: [],
    streams: [],
    pauses: [],
    gaps: [],
    metadata: [],
  };
}
