import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../core';
import type { FinishedRecording } from '../recording';
import { recordingAt } from './catalogue';
import { daysOf, filesOf } from './days';
import { mend } from './mend';
import { idOf, PART, WAV } from './paths';

const UNFINISHED = `${WAV}${PART}`;

/**
 * Finishes every recording in `directory` that a process left open when it died; `isLive` are left
 * alone. Never rejects: what cannot be mended is logged and left as it is.
 */
export async function recoverAll(
  directory: string,
  isLive: (id: string) => boolean,
  log: Log,
): Promise<FinishedRecording[]> {
  const mended: FinishedRecording[] = [];
  for await (const day of daysOf(directory)) {
    for (const name of await filesOf(day.path)) {
      if (name.endsWith('.tmp'))
        await rm(join(day.path, name), { force: true }).catch(() => undefined);
      if (!name.endsWith(UNFINISHED)) continue;
      const stem = name.slice(0, -UNFINISHED.length);
      const id = idOf(day.year, day.month, day.day, stem);
      if (id === undefined || isLive(id)) continue;
      const base = join(day.path, stem);
      try {
        const document = await mend(base, id);
        mended.push(recordingAt(base, document) as FinishedRecording);
        log.warn({ recording: id, durationMs: document.durationMs }, 'recording recovered');
      } catch (error) {
        log.error({ recording: id, error: String(error) }, 'recording not recovered');
      }
    }
  }
  return mended;
}
