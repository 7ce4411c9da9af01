import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A day's directory below the recordings' one. */
export interface Day {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly path: string;
}

/** Every day there are recordings of, the newest first. */
export async function* daysOf(directory: string): AsyncGenerator<Day> {
  for (const year of await numbered(directory, 4)) {
    for (const month of await numbered(join(directory, year), 2)) {
      for (const day of await numbered(join(directory, year, month), 2)) {
        yield { year, month, day, path: join(directory, year, month, day) };
      }
    }
  }
}

/** The UTC day before whose beginning nothing in it began. */
export function beginningOfDay({ year, month, day }: Day): Date {
  return new Date(`${year}-${month}-${day}T00:00:00Z`);
}

/** Names of files in a directory, the newest first; none when it is not there. */
export async function filesOf(path: string): Promise<string[]> {
  const names = await readdir(path).catch((): string[] => []);
  return names.sort().reverse();
}

async function numbered(path: string, digits: number): Promise<string[]> {
  const names = await filesOf(path);
  return names.filter((name) => name.length === digits && /^\d+$/.test(name));
}
