import { type ColumnDefinitionBuilder, type Generated, type Kysely, sql } from 'kysely';
import type { Kind } from '../entries';

/** The tables, in SQL that SQLite and PostgreSQL share. Values are JSON, times RFC 3339 in UTC. */
export interface Tables {
  migration: { version: number; applied_at: string };
  /** What is in force. */
  entry: { kind: Kind; key: string; body: string };
  /** What was changed: kept for people, and read by other processes to follow. */
  audit: {
    id: Generated<number>;
    at: string;
    by: string;
    kind: Kind;
    key: string;
    before: string | null;
    after: string | null;
  };
  /** Sounds of prompts. Nothing is removed: the evidence of calls names them by their hash. */
  sound: { sha256: string; wav: Buffer };
}

/** What the two call by different names. */
export interface ColumnTypes {
  readonly bytes: 'blob' | 'bytea';
  /** Of an id that counts up by itself. */
  id(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
}

export const SQLITE_TYPES: ColumnTypes = {
  bytes: 'blob',
  id: (column) => column.primaryKey().autoIncrement(),
};

export const POSTGRES_TYPES: ColumnTypes = {
  bytes: 'bytea',
  id: (column) => column.primaryKey().generatedAlwaysAsIdentity(),
};

type Migration = (db: Kysely<Tables>, types: ColumnTypes) => Promise<void>;

/** In order; what has been released is never changed, only followed by another. */
const MIGRATIONS: readonly Migration[] = [
  async (db, types) => {
    await db.schema
      .createTable('entry')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('entry_is_named', ['kind', 'key'])
      .execute();
    await db.schema
      .createTable('audit')
      .addColumn('id', 'integer', types.id)
      .addColumn('at', 'text', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('before', 'text')
      .addColumn('after', 'text')
      .execute();
    await db.schema.createIndex('audit_by_entry').on('audit').columns(['kind', 'key']).execute();
    await db.schema.createIndex('audit_by_time').on('audit').column('at').execute();
  },
  async (db, types) => {
    await db.schema
      .createTable('sound')
      .addColumn('sha256', 'text', (column) => column.primaryKey())
      .addColumn('wav', types.bytes, (column) => column.notNull())
      .execute();
  },
];

/**
 * Brings the tables to this program's version. `alone` waits until nobody else does, where a transaction does
 * not begin with that. @throws Error when they are of a newer one.
 */
export async function migrate(
  db: Kysely<Tables>,
  types: ColumnTypes,
  now: Date,
  alone: (transaction: Kysely<Tables>) => Promise<unknown> = async () => {},
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await alone(transaction);
    await transaction.schema
      .createTable('migration')
      .ifNotExists()
      .addColumn('version', 'integer', (column) => column.primaryKey())
      .addColumn('applied_at', 'text', (column) => column.notNull())
      .execute();
    const row = await transaction
      .selectFrom('migration')
      .select(sql<number>`coalesce(max(version), 0)`.as('version'))
      .executeTakeFirstOrThrow();
    const version = Number(row.version);
    if (version > MIGRATIONS.length) {
      throw new Error(
        `was written by a newer Twintrack (version ${version}, this one knows ${MIGRATIONS.length}): use that, or a copy made before`,
      );
    }
    for (const [index, step] of [...MIGRATIONS.entries()].slice(version)) {
      await step(transaction, types);
      const applied = { version: index + 1, applied_at: now.toISOString() };
      await transaction.insertInto('migration').values(applied).execute();
    }
  });
}
