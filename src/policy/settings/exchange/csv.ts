/** A record of a CSV file, and the line on which it begins, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Reads RFC 4180, with line breaks of any kind, and `;` or tabs between cells where the head has no comma,
 * as spreadsheets write in many countries. Blank lines are skipped. A text says what is wrong.
 */
export function readCsv(text: string): readonly CsvRecord[] | string {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const head = /^[^\r\n]*/.exec(source)?.[0] ?? '';
  const delimiter = [',', ';', '\t'].find((one) => head.includes(one)) ?? ',';
  const records: CsvRecord[] = [];
  let line = 1;
  let at = 0;
  while (at < source.length) {
    const start = line;
    const cells: string[] = [];
    for (;;) {
      let cell: string;
      const quoted = source[at] === '"';
      if (quoted) {
        const end = endOfQuoted(source, at + 1);
        if (end === undefined)
          return `line ${line}: a cell begins with " and does not end: add one`;
        cell = source.slice(at + 1, end).replaceAll('""', '"');
        line += cell.split(/\r\n|\r|\n/).length - 1;
        at = end + 1;
        if (at < source.length && !isEnd(source[at]!, delimiter)) {
          return `line ${line}: something follows the closing " of a cell: write "" for one within it`;
        }
      } else {
        const from = at;
        while (at < source.length && !isEnd(source[at]!, delimiter)) at++;
        cell = source.slice(from, at);
      }
      cells.push(quoted ? cell : cell.trim());
      if (source[at] !== delimiter) break;
      at++;
    }
    at += source.startsWith('\r\n', at) ? 2 : 1;
    line++;
    if (cells.length > 1 || cells[0] !== '') records.push({ line: start, cells });
  }
  return records;
}

export function writeCsv(rows: readonly (readonly string[])[]): string {
  const cellOf = (text: string): string =>
    /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  return rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
}

function isEnd(character: string, delimiter: string): boolean {
  return character === delimiter || character === '\n' || character === '\r';
}

/** Where the quote stands that closes; two together stand for one. */
function endOfQuoted(source: string, from: number): number | undefined {
  let at = source.indexOf('"', from);
  while (at >= 0 && source[at + 1] === '"') at = source.indexOf('"', at + 2);
  return at < 0 ? undefined : at;
}
