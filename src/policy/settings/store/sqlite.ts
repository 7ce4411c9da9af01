import { setTimeout as wait } from 'node:timers/promises';
import { type Driver, SqliteDialect, SqliteDriver } from 'kysely';
import Database from 'libsql';

/** How often a lock that another process holds is asked for again, and for how long. */
const ASK_AGAIN_MS = 20;
const PATIENCE_MS = 5000;

/** A connection to a file; readers are not held up by a writer (write-ahead log). */
export function openFile(file: string): Database.Database {
  const connection = new Database(file, { timeout: 0 });
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = NORMAL');
  return connection;
}

/** kysely over a connection of libsql, whose interface is better-sqlite3's. */
export class LibsqlDialect extends SqliteDialect {
  constructor(
    private readonly connection: Database.Database,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    super({ database: connection as never });
  }

  override createDriver(): Driver {
    return new WriterFirst(this.connection, this.patienceMs);
  }
}

/**
 * Transactions take the write lock at their beginning: what they read then stays true until they write.
 * The wait for another process's lock is a wait of this one only, not of its event loop.
 */
class WriterFirst extends SqliteDriver {
  constructor(
    private readonly connection: Database.Database,
    private readonly patienceMs: number,
  ) {
    super({ database: connection as never });
  }

  override async beginTransaction(): Promise<void> {
    const until = performance.now() + this.patienceMs;
    for (;;) {
      try {
        // Not by a prepared statement: one of libsql that was refused stays open, and then no COMMIT succeeds.
        this.connection.exec('begin immediate');
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error;
        await wait(ASK_AGAIN_MS);
      }
    }
  }
}

function isBusy(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('SQLITE_BUSY');
}

/** What a failure of SQLite means for whoever runs the service. */
export function explainFailure(error: unknown): string {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return `cannot be opened (${code}): check its path, and who owns it`;
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    return 'is damaged, or no settings database: put a copy of it back, or move it away to begin anew';
  }
  if (isBusy(error)) return 'is locked by another process; try again when that has finished';
  if (code === 'SQLITE_READONLY') return 'cannot be written: check who owns it and its directory';
  if (code === 'SQLITE_FULL') return 'cannot grow: the disk is full';
  return message ?? String(error);
}
