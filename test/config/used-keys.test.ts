import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Key, keyTree } from '../../src/config/key-tree';

const root = join(__dirname, '../..');

describe('every key', () => {
  const readers = sources(join(root, 'src/app')) + sources(join(root, 'src/cli'));

  it('is read by somebody: no setting is for show', () => {
    const unread = leaves(keyTree(), []).filter((path) => {
      const name = path.at(-1)!;
      // The loader reads the files of secrets itself; the dial plan is handed over as a whole.
      if (name.endsWith('File') || path[0] === 'dialPlan') return false;
      return !new RegExp(`\\b${name}\\b`).test(readers);
    });
    expect(unread.map((path) => path.join('.'))).toEqual([]);
  });
});

function leaves(key: Key, path: readonly string[]): string[][] {
  const inner = [...key.keys, ...(key.item?.keys ?? [])];
  return inner.length === 0
    ? [[...path]]
    : inner.flatMap(([name, next]) => leaves(next, [...path, name]));
}

function sources(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('\n');
}
