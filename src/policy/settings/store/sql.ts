import type { Kysely, Transaction } from 'kysely';
import type { SettingsBook } from '../book';
import type { Author, Plan } from '../plan';
import type { AuditEntry, AuditQuery } from '../store';
import { type AuditRow, toBody, toEdit } from './rows';
import type { Tables } from './tables';

/** Edits written by one statement; SQLite takes 32766 values in one. */
const AT_ONCE = 200;

/** Writes what a plan changes, and the log of it. `between` is awaited between two lots of many. */
export async function writePlan(
  transaction: Transaction<Tables>,
  { edits, sounds }: Plan,
  { by, at }: Author,
  between: () => Promise<unknown> = async () => {},
): Promise<void> {
  for (const { sha256, wav } of sounds) {
    const row = transaction.insertInto('sound').values({ sha256, wav });
    await row.onConflict((conflict) => conflict.doNothing()).execute();
  }
  for (let from = 0; from < edits.length; from += AT_ONCE) {
    const author = { by, at: at.toISOString() };
    await writeEdits(transaction, edits.slice(from, from + AT_ONCE), author);
    await between();
  }
}

async function writeEdits(
  transaction: Transaction<Tables>,
  edits: Plan['edits'],
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

/** Takes a book back to `time`. */
export async function rewind(db: Kysely<Tables>, book: SettingsBook, time: Date): Promise<void> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('at', '>', time.toISOString())
    .orderBy('id', 'desc')
    .execute();
  for (const row of rows) book.apply(toEdit(row), true);
}

/** The edits that follow one, in order. */
export function editsAfter(db: Kysely<Tables>, id: number): Promise<AuditRow[]> {
  return db.selectFrom('audit').selectAll().where('id', '>', id).orderBy('id').execute();
}

export async function auditOf(
  db: Kysely<Tables>,
  { kind, key, before, limit }: AuditQuery,
): Promise<readonly AuditEntry[]> {
  let query = db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (key !== undefined) query = query.where('key', '=', key);
  if (before !== undefined) query = query.where('id', '<', before);
  const rows = await query.execute();
  return rows.map((row) => ({ id: row.id, by: row.by, at: new Date(row.at), ...toEdit(row) }));
}

export async function soundOf(db: Kysely<Tables>, sha256: string): Promise<Buffer | undefined> {
  const query = db.selectFrom('sound').select('wav').where('sha256', '=', sha256);
  const row = await query.executeTakeFirst();
  return row && Buffer.from(row.wav);
}
