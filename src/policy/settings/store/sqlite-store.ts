import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Kysely } from 'kysely';
import type Database from 'libsql';
import type { DialPlan } from '../../identity';
import type { SettingsBook } from '../book';
import type { Author, Plan, SettingsProblem } from '../plan';
import {
  type AuditEntry,
  type AuditQuery,
  type SettingsStore,
  SettingsUnavailable,
} from '../store';
import { Follower } from './follower';
import { auditOf, rewind, soundOf, writePlan } from './sql';
import { explainFailure, LibsqlDialect, openFile } from './sqlite';
import { migrate, SQLITE_TYPES, type Tables } from './tables';

export interface SqliteOptions {
  /** How numbers are read when users are looked up. */
  readonly plan?: DialPlan | undefined;
  /** How long a change waits for another process that is writing, in ms. Default 5000. */
  readonly lockPatienceMs?: number;
  /** Told what keeps `current` from seeing the newest changes; it answers with the last that it saw. */
  readonly onTrouble?: (sentence: string) => void;
}

/**
 * Opens settings in a SQLite file, and makes it if need be.
 * @throws SettingsUnavailable with one sentence that says what to do.
 */
export async function openSqliteSettings(
  file: string,
  options: SqliteOptions = {},
): Promise<SettingsStore> {
  let writer: Database.Database | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    // Names and numbers of people; SQLite gives the files beside it the same mode.
    closeSync(openSync(file, 'a', 0o640));
    writer = openFile(file);
    const db = new Kysely<Tables>({ dialect: new LibsqlDialect(writer, options.lockPatienceMs) });
    await migrate(db, SQLITE_TYPES, new Date());
    return new SqliteSettings(db, new Follower(file, options.plan), file, options.onTrouble);
  } catch (error) {
    writer?.close();
    throw failure(file, error);
  }
}

class SqliteSettings implements SettingsStore {
  constructor(
    private readonly db: Kysely<Tables>,
    private readonly follower: Follower,
    private readonly file: string,
    private readonly onTrouble: SqliteOptions['onTrouble'],
  ) {}

  current(): SettingsBook {
    try {
      this.follower.follow();
    } catch (error) {
      this.onTrouble?.(failure(this.file, error).message);
    }
    return this.follower.book;
  }

  async at(time: Date): Promise<SettingsBook> {
    const book = this.current().copy();
    await this.#guard(() => rewind(this.db, book, time));
    return book;
  }

  async change(
    author: Author,
    plan: (book: SettingsBook) => Plan,
  ): Promise<readonly SettingsProblem[]> {
    return this.#guard(() =>
      this.db.transaction().execute(async (transaction) => {
        // Nobody else can write now, so what is committed is what we change.
        this.follower.follow();
        const planned = plan(this.follower.book);
        // Thousands of rows: what else this process does comes in between.
        await writePlan(transaction, planned, author, setImmediate);
        return planned.problems;
      }),
    );
  }

  audit(query: AuditQuery): Promise<readonly AuditEntry[]> {
    return this.#guard(() => auditOf(this.db, query));
  }

  sound(sha256: string): Promise<Buffer | undefined> {
    return this.#guard(() => soundOf(this.db, sha256));
  }

  async close(): Promise<void> {
    await this.db.destroy();
    this.follower.close();
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw failure(this.file, error);
    }
  }
}

function failure(file: string, error: unknown): SettingsUnavailable {
  const message = `the settings database ${file} ${explainFailure(error)}`;
  return new SettingsUnavailable(message, { cause: error });
}
