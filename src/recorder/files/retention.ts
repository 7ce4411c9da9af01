import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '../../core';
import { beginningOfDay, daysOf, filesOf } from './days';
import { beginningOf, idOf } from './paths';

/**
 * Deletes the recordings that began before `before`, and the directories that are empty then. Files
 * that are not a recording's are left alone. Never rejects.
 */
export async function deleteOlder(
  directory: string,
  before: Date,
  isLive: (id: string) => boolean,
  log: Log,
): Promise<void> {
  for await (const day of daysOf(directory)) {
    if (beginningOfDay(day) >= before) continue;
    const gone = new Set<string>();
    for (const name of await filesOf(day.path)) {
      const id = idOf(day.year, day.month, day.day, name.split('.', 1)[0] ?? '');
      const began = id === undefined ? undefined : beginningOf(id);
      if (!id || !began || began >= before || isLive(id)) continue;
      await rm(join(day.path, name), { force: true }).catch((error: unknown) =>
        log.error({ recording: id, error: String(error) }, 'recording not deleted'),
      );
      gone.add(id);
    }
    for (const id of gone) log.info({ recording: id }, 'recording deleted by retention');
    for (const path of [day.path, dirname(day.path), dirname(dirname(day.path))]) {
      await rmdir(path).catch(() => undefined);
    }
  }
}
