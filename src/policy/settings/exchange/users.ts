import { stringify } from 'yaml';
import type { SettingsBook } from '../book';
import { FIELDS, valuesInOrder } from '../entries';
import { toText } from '../field';
import { type Author, planChanges, showProblem, type Wish } from '../plan';
import type { SettingsStore } from '../store';
import { writeCsv } from './csv';
import { type RowProblem, readUserRows, type UsersFormat } from './rows';

/** What became of an import: every user of the file, or nothing and every row that was wrong. */
export interface Imported {
  readonly users: number;
  readonly problems: readonly RowProblem[];
}

/**
 * Makes or changes every user of a file, all in one change, or none. Users whom the file does not name stay
 * as they are; a blank cell unsets a field.
 */
export async function importUsers(
  store: SettingsStore,
  author: Author,
  text: string,
  format: UsersFormat,
): Promise<Imported> {
  const { rows, problems } = readUserRows(text, format);
  const wishes = rows.map(({ id, values }): Wish => ({ do: 'set', kind: 'user', key: id, values }));
  const judged: RowProblem[] = [];
  await store.change(author, (book) => {
    const planned = planChanges(book, wishes, author);
    for (const problem of planned.problems) {
      judged.push({ line: rows[problem.wish]!.line, message: showProblem(problem) });
    }
    // Rows that could not be read hold back the others as well.
    return problems.length > 0 ? { edits: [], sounds: [], problems: planned.problems } : planned;
  });
  const all = [...problems, ...judged].sort((a, b) => a.line - b.line);
  return { users: all.length > 0 ? 0 : rows.length, problems: all };
}

/** Every user, in a form that `importUsers` reads. */
export function exportUsers(book: SettingsBook, format: UsersFormat): string {
  const users = book.list('user');
  if (format === 'yaml') return stringify(users.map(({ key, values }) => ({ id: key, ...values })));
  const head = ['id', ...Object.keys(FIELDS.user)];
  const rows = users.map((user) => [
    user.key,
    ...valuesInOrder(user).map(([, value]) => toText(value)),
  ]);
  return writeCsv([head, ...rows]);
}
