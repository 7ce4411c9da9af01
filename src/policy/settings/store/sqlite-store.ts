import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Kysely, type Transaction } from 'kysely';
import type Database from 'libsql';
import type { DialPlan } from '../../identity';
import type { Edit, SettingsBook } from '../book';
import type { Author, Plan, SettingsProblem } from '../plan';
import {
  type AuditEntry,
  type AuditQuery,
  type SettingsStore,
  SettingsUnavailable,
} from '../store';
import { Follower } from './follower';
import { toBody, toEdit } from './rows';
import { explainFailure, LibsqlDialect, openFile } from './sqlite';
import { migrate, type Tables } from './tables';

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
    await migrate(db, new Date());
    return new SqliteSettings(db, new Follower(file, options.plan), file, options.onTrouble);
  } catch (error) {
    writer?.close();
    throw failure(file, error);
  }
}

/** Edits written by one statement; SQLite takes 32766 values in one. */
const AT_ONCE = 200;

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
    const rows = await this.#guard(() =>
      this.db
        .selectFrom('audit')
        .selectAll()
        .where('at', '>', time.toISOString())
        .orderBy('id', 'desc')
        .execute(),
    );
    for (const row of rows) book.apply(toEdit(row), true);
    return book;
  }

  async change(
    { by, at }: Author,
    plan: (book: SettingsBook) => Plan,
  ): Promise<readonly SettingsProblem[]> {
    return this.#guard(() =>
      this.db.transaction().execute(async (transaction) => {
        // Nobody else can write now, so what is committed is what we change.
        this.follower.follow();
        const { edits, sounds, problems } = plan(this.follower.book);
        for (const { sha256, wav } of sounds) {
          const row = transaction.insertInto('sound').values({ sha256, wav });
          await row.onConflict((conflict) => conflict.doNothing()).execute();
        }
        for (let from = 0; from < edits.length; from += AT_ONCE) {
          await write(transaction, edits.slice(from, from + AT_ONCE), { by, at: at.toISOString() });
          // Thousands of rows: what else this process does comes in between.
          await setImmediate();
        }
        return problems;
      }),
    );
  }

  async audit({ kind, key, before, limit }: AuditQuery): Promise<readonly AuditEntry[]> {
    let query = this.db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit);
    if (kind !== undefined) query = query.where('kind', '=', kind);
    if (key !== undefined) query = query.where('key', '=', key);
    if (before !== undefined) query = query.where('id', '<', before);
    const rows = await this.#guard(() => query.execute());
    return rows.map((row) => ({ id: row.id, by: row.by, at: new Date(row.at), ...toEdit(row) }));
  }

  async sound(sha256: string): Promise<Buffer | undefined> {
    const query = this.db.selectFrom('sound').select('wav').where('sha256', '=', sha256);
    const row = await this.#guard(() => query.executeTakeFirst());
    return row && Buffer.from(row.wav);
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

async function write(
  transaction: Transaction<Tables>,
  edits: readonly Edit[],
  author: { readonly by: string; readonly at: string },
): Promise<void> {
  const kept = edits.flatMap(({ kind, key, after }) =>
    after ? [{ kind, key, body: toBody(after)! }] : [],
  );
  if (kept.length > 0) {
    await transaction
      .insertInto('entry')
      .values(kept)
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'key'])
          .doUpdateSet((row) => ({ body: row.ref('excluded.body') })),
      )
      .execute();
  }
  for (const { kind, key, after } of edits) {
    if (after) continue;
    await transaction.deleteFrom('entry').where('kind', '=', kind).where('key', '=', key).execute();
  }
  const logged = edits.map(({ kind, key, before, after }) => ({
    ...author,
    kind,
    key,
    before: toBody(before),
    after: toBody(after),
  }));
  await transaction.insertInto('audit').values(logged).execute();
}

function failure(file: string, error: unknown): SettingsUnavailable {
  const message = `the settings database ${file} ${explainFailure(error)}`;
  return new SettingsUnavailable(message, { cause: error });
}
