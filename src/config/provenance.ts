import { isSection } from './defaults';
import { type Key, keyTree, showPath } from './key-tree';
import { at, type Located, type Origin, plain, showOrigin } from './located';

/** One resolved value, as it would be written, and where it came from. */
export interface Provenance {
  /** `sip.maxCalls`, `users[0].number`. */
  readonly path: string;
  /** As one would write it; a secret stands as `[redacted]`. */
  readonly value: unknown;
  readonly origin: Origin;
  /** One line: what the key is for. */
  readonly why: string;
}

/** Every value of the configuration, in the order of the schema. */
export function provenanceOf(written: Located): Provenance[] {
  return of(keyTree(), written, []);
}

function of(key: Key, whole: Located, path: readonly PropertyKey[]): Provenance[] {
  const part = at(whole, path);
  if (isSection(key) || part?.kind === 'map') {
    return [...key.keys].flatMap(([name, inner]) => of(inner, whole, [...path, name]));
  }
  if (part?.kind === 'list' && part.items.length > 0 && key.item && isSection(key.item)) {
    const { item } = key;
    return part.items.flatMap((_, index) => of(item, whole, [...path, index]));
  }
  const value = part ? plain(part) : (key.preset ?? null);
  const redacted = key.secret && value !== null ? '[redacted]' : value;
  const origin: Origin = part?.origin ?? { kind: 'default' };
  return [{ path: showPath(path), value: redacted, origin, why: key.why }];
}

/** A table of path, value, origin and reason; one line a value. */
export function explain(provenance: readonly Provenance[]): string {
  const rows = provenance.map(({ path, value, origin, why }) => [
    path,
    showValue(value),
    showOrigin(origin),
    why,
  ]);
  const table = [['key', 'value', 'from', 'why'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** As YAML would have it on one line. */
function showValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(showValue).join(', ')}]`;
  return JSON.stringify(value);
}
