import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import { type ClientConfig, Pool } from 'pg';
import type { DialPlan } from '../../identity';
import { SettingsBook } from '../book';
import type { Author, Plan, SettingsProblem } from '../plan';
import {
  type AuditEntry,
  type AuditQuery,
  type SettingsStore,
  SettingsUnavailable,
} from '../store';
import { CHANNEL, Listener } from './listener';
import { explainPostgres } from './postgres';
import { toEdit, toEntry } from './rows';
import { auditOf, editsAfter, rewind, soundOf, writePlan } from './sql';
import { migrate, POSTGRES_TYPES, type Tables } from './tables';

export interface PostgresOptions {
  /** Not part of the URL, which is shown. Without it, what libpq's variables and ~/.pgpass say. */
  readonly password?: string | undefined;
  /** How numbers are read when users are looked up. */
  readonly plan?: DialPlan | undefined;
  /** How long a change waits for another process that is writing, in ms. Default 5000. */
  readonly lockPatienceMs?: number;
  /** Told what keeps `current` from seeing the newest changes; it answers with the last that it saw. */
  readonly onTrouble?: (sentence: string) => void;
}

const CONNECT_MS = 5000;
const PATIENCE_MS = 5000;
/** One that changes, one that reads while it does, one to spare. */
const MOST_CONNECTIONS = 3;

/**
 * Opens settings in a PostgreSQL database, and makes their tables if need be.
 * @throws SettingsUnavailable with one sentence that says what to do.
 */
export async function openPostgresSettings(
  url: string,
  options: PostgresOptions = {},
): Promise<SettingsStore> {
  const store = new PostgresSettings(url, options);
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close().catch(() => {});
    throw failure(url, error);
  }
}

/**
 * A copy in memory answers every call; `NOTIFY` says when it is to be brought up to date. Changes are made
 * one after the other, so that their numbers follow the order in which they are seen.
 */
class PostgresSettings implements SettingsStore {
  readonly #pool: Pool;
  readonly #db: Kysely<Tables>;
  readonly #listener: Listener;
  readonly #book: SettingsBook;
  /** The last edit that the book holds. */
  #last = 0;
  /** The book may be behind. */
  #stale = false;
  /** Reading and changing each go one at a time. */
  #reading: Promise<unknown> = Promise.resolve();
  #changing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly options: PostgresOptions,
  ) {
    const config: ClientConfig = {
      connectionString: withPassword(url, options.password),
      connectionTimeoutMillis: CONNECT_MS,
      application_name: 'twintrack',
    };
    this.#pool = new Pool({ ...config, max: MOST_CONNECTIONS, allowExitOnIdle: true });
    // A connection that breaks is made again when it is wanted; whoever is using it is told.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    this.#db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) });
    this.#book = new SettingsBook(options.plan);
    this.#listener = new Listener(config, {
      onNews: () => void this.#follow().catch((error) => this.#trouble(error)),
      onTrouble: (error) => this.#trouble(error),
    });
  }

  async open(): Promise<void> {
    await migrate(this.#db, POSTGRES_TYPES, new Date(), (transaction) =>
      sql`select pg_advisory_xact_lock(hashtext(${CHANNEL}))`.execute(transaction),
    );
    await this.#inTurn(() => this.#readAll());
    // What was changed in between is told of by nobody.
    await this.#listener.open();
    await this.#follow();
  }

  current(): SettingsBook {
    return this.#book;
  }

  async at(time: Date): Promise<SettingsBook> {
    const book = this.#book.copy();
    await this.#guard(() => rewind(this.#db, book, time));
    return book;
  }

  async change(
    author: Author,
    plan: (book: SettingsBook) => Plan,
  ): Promise<readonly SettingsProblem[]> {
    const changed = this.#changing.then(() =>
      this.#guard(async () => {
        const problems = await this.#db
          .transaction()
          .execute((transaction) => this.#changeIn(transaction, author, plan));
        await this.#follow();
        return problems;
      }),
    );
    this.#changing = changed.catch(() => {});
    return changed;
  }

  audit(query: AuditQuery): Promise<readonly AuditEntry[]> {
    return this.#guard(() => auditOf(this.#db, query));
  }

  sound(sha256: string): Promise<Buffer | undefined> {
    return this.#guard(() => soundOf(this.#db, sha256));
  }

  async close(): Promise<void> {
    await this.#listener.close();
    await this.#changing;
    await this.#reading;
    await this.#db.destroy();
  }

  async #changeIn(
    transaction: Transaction<Tables>,
    author: Author,
    plan: (book: SettingsBook) => Plan,
  ): Promise<readonly SettingsProblem[]> {
    const patience = `${this.options.lockPatienceMs ?? PATIENCE_MS}ms`;
    await sql`select set_config('lock_timeout', ${patience}, true)`.execute(transaction);
    // Readers pass. Nobody else can write now, so what is committed is what we change.
    await sql`lock table audit in exclusive mode`.execute(transaction);
    await this.#follow();
    const planned = plan(this.#book);
    await writePlan(transaction, planned, author);
    if (planned.edits.length > 0) await sql`select pg_notify(${CHANNEL}, '')`.execute(transaction);
    return planned.problems;
  }

  /** Brings the book up to date with what is committed. */
  #follow(): Promise<void> {
    return this.#inTurn(async () => {
      for (const row of await editsAfter(this.#db, this.#last)) {
        this.#book.apply(toEdit(row));
        this.#last = row.id;
      }
      this.#stale = false;
    });
  }

  /** Said once, however many notice it, until the book is up to date again. */
  #trouble(error: unknown): void {
    if (this.#stale) return;
    this.#stale = true;
    this.options.onTrouble?.(failure(this.url, error).message);
  }

  #readAll(): Promise<void> {
    const snapshot = this.#db.transaction().setIsolationLevel('repeatable read');
    return snapshot.execute(async (transaction) => {
      const entries = await transaction.selectFrom('entry').selectAll().execute();
      for (const { kind, key, body } of entries) this.#book.put(toEntry(kind, key, body)!);
      const newest = transaction.selectFrom('audit').select(({ fn }) => fn.max('id').as('id'));
      this.#last = (await newest.executeTakeFirst())?.id ?? 0;
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#reading.then(work);
    this.#reading = done.catch(() => {});
    return done;
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof SettingsUnavailable ? error : failure(this.url, error);
    }
  }
}

/** pg takes a password that is beside a URL for none. */
function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const whole = new URL(url);
  whole.password = password;
  return whole.href;
}

function failure(url: string, error: unknown): SettingsUnavailable {
  const message = `the settings database ${url} ${explainPostgres(error)}`;
  return new SettingsUnavailable(message, { cause: error });
}
