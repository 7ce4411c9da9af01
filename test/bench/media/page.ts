/** A table in a page of Markdown, between two comments with its name. */
export interface Table {
  readonly name: string;
  /** The first so many cells say which row it is. */
  readonly keys: number;
  readonly head: readonly string[];
  readonly rows: ReadonlyArray<readonly string[]>;
  compare(one: readonly string[], other: readonly string[]): number;
  /** Fills in what follows from other rows. */
  complete(rows: string[][]): string[][];
}

/** The table as text. */
export function written(table: Table): string {
  return [table.head, table.head.map(() => '---'), ...rowsOf(table, [])]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** The page with these rows in its table: new ones replace theirs, cells that are empty leave what was there. */
export function merged(page: string, table: Table): string {
  const [begin, end] = [`<!-- ${table.name} -->`, `<!-- /${table.name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place for ${table.name}`);
  const there = parsed(page.slice(from, to), table.head.length);
  const text = written({ ...table, rows: rowsOf(table, there) });
  return `${page.slice(0, from)}${begin}\n${text}\n${page.slice(to)}`;
}

function parsed(text: string, columns: number): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => cells.length === columns);
}

function rowsOf(table: Table, there: readonly string[][]): string[][] {
  const rows = new Map<string, string[]>();
  for (const row of [...there, ...table.rows]) {
    const key = row.slice(0, table.keys).join('|');
    const known = rows.get(key);
    rows.set(
      key,
      row.map((cell, i) => (cell === '' ? (known?.[i] ?? '') : cell)),
    );
  }
  return table.complete([...rows.values()].sort(table.compare));
}
