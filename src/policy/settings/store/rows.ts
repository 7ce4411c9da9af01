import type { Selectable } from 'kysely';
import type { Edit } from '../book';
import type { Entry, Kind } from '../entries';
import type { Tables } from './tables';

/** A row of the log. */
export type AuditRow = Selectable<Tables['audit']>;

export function toEdit({ kind, key, before, after }: AuditRow): Edit {
  return { kind, key, before: toEntry(kind, key, before), after: toEntry(kind, key, after) };
}

export function toEntry(kind: Kind, key: string, body: string | null): Entry | undefined {
  return body === null ? undefined : ({ kind, key, values: JSON.parse(body) } as Entry);
}

export function toBody(entry: Entry | undefined): string | null {
  return entry ? JSON.stringify(entry.values) : null;
}
