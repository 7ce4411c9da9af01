import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));

interface Entry {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

describe('package-lock.json', () => {
  const { packages } = read('package-lock.json') as { packages: Record<string, Entry> };

  it('agrees with package.json', () => {
    const { dependencies, devDependencies } = read('package.json') as Entry;
    expect(packages['']).toMatchObject({ dependencies, devDependencies });
  });

  // npm leaves out what a registry does not hold, and `npm ci` then refuses the whole file.
  it("names every platform's builds, else npm ci fails (npm run lock:complete)", () => {
    const there = new Set(
      Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)),
    );
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    expect(wanted.filter((name) => !there.has(name))).toEqual([]);
  });
});
