import type { Edit, SettingsBook } from './book';
import type { Kind } from './entries';
import type { Author, Plan, SettingsProblem } from './plan';

/** The place where settings are kept cannot be used; the message says which, and what to do. */
export class SettingsUnavailable extends Error {
  override readonly name = 'SettingsUnavailable';
}

/** One edit as it was made. */
export interface AuditEntry extends Edit {
  /** Grows from edit to edit. */
  readonly id: number;
  readonly by: string;
  readonly at: Date;
}

/** What of the audit log is wanted; newest first. */
export interface AuditQuery {
  readonly kind?: Kind;
  readonly key?: string;
  /** Only edits older than this one. */
  readonly before?: number;
  /** At most so many. */
  readonly limit: number;
}

/**
 * Where settings are kept, with the log of who changed what. A store over a network keeps its copy for
 * `current` up to date by notification; one in a file looks whether the file has changed.
 */
export interface SettingsStore {
  /** What is in force now, whoever wrote it. Quick: a call that begins asks it. Not to be kept or changed. */
  current(): SettingsBook;
  /** What was in force then. */
  at(time: Date): Promise<SettingsBook>;
  /**
   * Makes the edits of a plan, all or none, and logs them in the same transaction. `plan` sees the book as
   * it stands while nobody else can change it. Resolves with what was wrong; empty when it is done.
   */
  change(author: Author, plan: (book: SettingsBook) => Plan): Promise<readonly SettingsProblem[]>;
  /** The sound of a prompt by its SHA-256; those of prompts that were changed or removed stay. */
  sound(sha256: string): Promise<Buffer | undefined>;
  audit(query: AuditQuery): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}
