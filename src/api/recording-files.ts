import { basename, dirname, join } from 'node:path';
import type { Recording } from '../recorder';

/** A file of a recording. It is served under its name, and its path is told to nobody. */
export interface RecordingFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** MIME type. */
  readonly type: string;
}

/** The files of a recording: the audio first. */
export function filesOf({ audio, sidecar, wav, pcap }: Recording): RecordingFile[] {
  const files = [
    { name: wav.file, path: audio, type: 'audio/wav' },
    { name: basename(sidecar), path: sidecar, type: 'application/json' },
  ];
  if (pcap === undefined) return files;
  const path = join(dirname(sidecar), pcap);
  return [...files, { name: pcap, path, type: 'application/vnd.tcpdump.pcap' }];
}

/** Where a file of a recording is served. */
export function recordingFileUrl(id: string, name: string): string {
  return `/v1/recordings/${encodeURIComponent(id)}/files/${encodeURIComponent(name)}`;
}

/** Who is heard on each channel of the audio, first channel first. */
export function channelNames({ wav, participants }: Recording): string[] {
  return Array.from({ length: wav.channels }, (_, index) => {
    const heard = participants.filter(({ channels }) => channels.includes(index + 1));
    const names = heard.flatMap(({ name, aors }) => name ?? aors[0] ?? []);
    return names.length > 0 ? names.join(', ') : `channel ${index + 1}`;
  });
}
