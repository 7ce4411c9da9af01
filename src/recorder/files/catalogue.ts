import { join } from 'node:path';
import type { Millis } from '../../core';
import type { Recording, RecordingDocument } from '../recording';
import type { RecordingQuery } from '../types';
import { beginningOfDay, daysOf, filesOf } from './days';
import { readSidecar } from './mend';
import { basePath, idOf, PART, SIDECAR, WAV } from './paths';

const DEFAULT_LIMIT = 100;
const DAY: Millis = 86_400_000;
/** Sidecars read at a time. */
const BATCH = 16;

/** The recordings in a directory, by their sidecars: there is no other index, so none can be wrong. */
export class Catalogue {
  constructor(
    private readonly directory: string,
    /** The document of a recording under way in this process. */
    private readonly liveDocument: (id: string) => RecordingDocument | undefined,
  ) {}

  async find(id: string): Promise<Recording | undefined> {
    const base = basePath(this.directory, id);
    if (!base) return undefined;
    const live = this.liveDocument(id);
    const document = live ?? (await readSidecar(`${base}${SIDECAR}`));
    return document && recordingAt(base, document);
  }

  /** The newest first. Stops reading when it has enough. */
  async search(query: RecordingQuery): Promise<Recording[]> {
    const found: Recording[] = [];
    const limit = query.limit ?? DEFAULT_LIMIT;
    for await (const day of daysOf(this.directory)) {
      const begins = beginningOfDay(day).getTime();
      if (query.until && begins >= query.until.getTime()) continue;
      if (query.from && begins + DAY <= query.from.getTime()) break;
      const ids = (await filesOf(day.path))
        .filter((name) => name.endsWith(SIDECAR))
        .map((name) => idOf(day.year, day.month, day.day, name.slice(0, -SIDECAR.length)))
        .filter((id) => id !== undefined);
      for (let at = 0; at < ids.length && found.length < limit; at += BATCH) {
        const batch = await Promise.all(ids.slice(at, at + BATCH).map((id) => this.find(id)));
        found.push(
          ...(batch.filter((one) => one !== undefined && matches(one, query)) as Recording[]),
        );
      }
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }
}

/** A recording as the catalogue shows it; `base` is the path of its files without ending. */
export function recordingAt(base: string, document: RecordingDocument): Recording {
  const part = document.state === 'recording' ? PART : '';
  return {
    ...document,
    audio: `${join(base)}${WAV}${part}`,
    sidecar: `${join(base)}${SIDECAR}`,
  };
}

function matches(
  recording: Recording,
  { state, from, until, party, callId }: RecordingQuery,
): boolean {
  const began = Date.parse(recording.startedAt);
  if (state && recording.state !== state) return false;
  if (from && began < from.getTime()) return false;
  if (until && began >= until.getTime()) return false;
  if (callId !== undefined) {
    const values = [recording.sip.callId, ...Object.values(recording.sip.headers)];
    if (!values.includes(callId)) return false;
  }
  if (party === undefined) return true;
  const wanted = party.toLowerCase();
  return recording.participants.some(({ aors, name }) =>
    [...aors, name ?? ''].some((one) => one.toLowerCase().includes(wanted)),
  );
}
