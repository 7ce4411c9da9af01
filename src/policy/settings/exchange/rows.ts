import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import { nearest } from '../../../core';
import { FIELDS, fieldOf } from '../entries';
import { readCsv } from './csv';

/** Users as files hold them. */
export type UsersFormat = 'csv' | 'yaml';

/** A user of a file. What a file does not name stays; null unsets. */
export interface UserRow {
  readonly line: number;
  readonly id: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Why a row cannot be taken. */
export interface RowProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export interface ReadRows {
  readonly rows: readonly UserRow[];
  readonly problems: readonly RowProblem[];
}

/** A file larger than this is no list of users. */
export const LARGEST_IMPORT = 16 * 1024 * 1024;

const COLUMNS = ['id', ...Object.keys(FIELDS.user)];

/** Reads users from a file. Values are not judged here, only found. */
export function readUserRows(text: string, format: UsersFormat): ReadRows {
  if (text.length > LARGEST_IMPORT) return refused(1, 'the file is larger than 16 MiB: split it');
  const read = format === 'csv' ? fromCsv(text) : fromYaml(text);
  return { rows: read.rows, problems: [...read.problems, ...repeated(read.rows)] };
}

function fromCsv(text: string): ReadRows {
  const records = readCsv(text);
  if (typeof records === 'string') {
    const [, line = '1', message = records] = /^line (\d+): (.*)$/.exec(records) ?? [];
    return refused(Number(line), message);
  }
  const [head, ...body] = records;
  if (!head)
    return refused(1, `is empty: the first line wants names of columns: ${COLUMNS.join(', ')}`);
  const problems = columnProblems(head.line, head.cells);
  if (problems.length > 0) return { rows: [], problems };
  const rows: UserRow[] = [];
  for (const { line, cells } of body) {
    if (cells.length !== head.cells.length) {
      const message = `has ${cells.length} cells, and the first line has ${head.cells.length}: put cells that hold a comma into "quotes"`;
      problems.push({ line, message });
      continue;
    }
    const values: Record<string, unknown> = {};
    head.cells.forEach((name, at) => {
      const cell = cells[at]!;
      if (name !== 'id') values[name] = cell === '' ? null : fieldOf('user', name)!.fromText(cell);
    });
    addRow(rows, problems, line, cells[head.cells.indexOf('id')], values);
  }
  return { rows, problems };
}

function columnProblems(line: number, names: readonly string[]): RowProblem[] {
  const problems = names.flatMap((name, at) => {
    if (!COLUMNS.includes(name)) {
      return [
        { line, message: `no such column "${name}"; the nearest is ${nearest(name, COLUMNS)}` },
      ];
    }
    return names.indexOf(name) < at ? [{ line, message: `column ${name} stands twice` }] : [];
  });
  const missing = names.includes('id') ? [] : [{ line, message: 'wants a column id' }];
  return [...problems, ...missing];
}

function fromYaml(text: string): ReadRows {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = [...document.errors, ...document.warnings].map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    message: `not valid YAML: ${error.message}`,
  }));
  if (broken.length > 0) return { rows: [], problems: broken };
  if (!isSeq(document.contents)) return refused(1, 'wants a list of users, each a map with an id');
  const rows: UserRow[] = [];
  const problems: RowProblem[] = [];
  for (const item of document.contents.items) {
    const start = (item as { range?: readonly number[] | null } | null)?.range?.[0] ?? 0;
    const { line } = lines.linePos(start);
    if (!isMap(item)) {
      problems.push({ line, message: 'wants a map with an id' });
      continue;
    }
    try {
      const { id, ...values } = item.toJS(document, { maxAliasCount: 0 }) as Record<
        string,
        unknown
      >;
      addRow(rows, problems, line, id, values);
    } catch {
      problems.push({ line, message: 'aliases (*name) are not taken: write the value out' });
    }
  }
  return { rows, problems };
}

function addRow(
  rows: UserRow[],
  problems: RowProblem[],
  line: number,
  id: unknown,
  values: UserRow['values'],
): void {
  if (typeof id === 'string' && id !== '') rows.push({ line, id, values });
  else if (typeof id === 'number') problems.push({ line, message: `id wants quotes: "${id}"` });
  else problems.push({ line, message: 'wants an id' });
}

function repeated(rows: readonly UserRow[]): RowProblem[] {
  const first = new Map<string, number>();
  return rows.flatMap(({ id, line }) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, line);
    return before === undefined
      ? []
      : [{ line, message: `user ${id} stands on line ${before} already: keep one of them` }];
  });
}

function refused(line: number, message: string): ReadRows {
  return { rows: [], problems: [{ line, message }] };
}
