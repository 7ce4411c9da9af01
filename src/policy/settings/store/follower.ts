import type Database from 'libsql';
import type { DialPlan } from '../../identity';
import { SettingsBook } from '../book';
import { type AuditRow, toEdit, toEntry } from './rows';
import { openFile } from './sqlite';
import type { Tables } from './tables';

/** A connection that reads, with its statements prepared. */
interface Reader {
  readonly connection: Database.Database;
  readonly version: Database.Statement;
  readonly since: Database.Statement;
}

/**
 * Keeps a book in step with the file, whoever writes it: the log of changes tells what to read. On a
 * connection of its own, which sees what is committed and never the middle of a change.
 */
export class Follower {
  readonly book: SettingsBook;
  #reader: Reader | undefined;
  /** Of the file when it was last read; SQLite changes it when any other connection commits. */
  #seen = -1;
  /** The last edit that the book holds. */
  #last: number;

  /** @throws what SQLite says when the file cannot be read. */
  constructor(
    private readonly file: string,
    plan: DialPlan | undefined,
  ) {
    this.book = new SettingsBook(plan);
    const { connection } = this.#open();
    this.#last = connection.transaction(() => {
      for (const { kind, key, body } of connection
        .prepare('select * from entry')
        .all() as Tables['entry'][]) {
        this.book.put(toEntry(kind, key, body)!);
      }
      const newest = connection.prepare('select coalesce(max(id), 0) as id from audit').get();
      return (newest as { id: number }).id;
    })();
  }

  /** Brings the book up to date; some microseconds when nothing has changed. @throws what SQLite says. */
  follow(): void {
    try {
      const reader = this.#reader ?? this.#open();
      const { data_version: version } = reader.version.get() as { data_version: number };
      if (version === this.#seen) return;
      for (const row of reader.since.all(this.#last) as AuditRow[]) {
        this.book.apply(toEdit(row));
        this.#last = row.id;
      }
      this.#seen = version;
    } catch (error) {
      // A statement of libsql that failed can hold its view of the file for ever: begin anew.
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#reader?.connection.close();
    this.#reader = undefined;
    this.#seen = -1;
  }

  #open(): Reader {
    const connection = openFile(this.file);
    this.#reader = {
      connection,
      version: connection.prepare('pragma data_version'),
      since: connection.prepare('select * from audit where id > ? order by id'),
    };
    return this.#reader;
  }
}
