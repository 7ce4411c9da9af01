import type { SettingsStore } from '../store';
import { openPostgresSettings, type PostgresOptions } from './postgres-store';
import { openSqliteSettings } from './sqlite-store';

/** A URL of a PostgreSQL database, and no file. */
const POSTGRES_URL = /^postgres(?:ql)?:\/\//;

/**
 * Opens settings where they are kept: in a SQLite file, or by a `postgres:` URL.
 * @throws SettingsUnavailable with one sentence that says what to do.
 */
export function openSettingsStore(
  place: string,
  options: PostgresOptions = {},
): Promise<SettingsStore> {
  if (POSTGRES_URL.test(place)) return openPostgresSettings(place, options);
  const { password: _, ...others } = options;
  return openSqliteSettings(place, others);
}
