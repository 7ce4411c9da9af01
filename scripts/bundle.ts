/**
 * Makes one file of each program of the product, where `tsc` has left it in pieces (ADR 15). Packages stay outside.
 * Run by `npm run build`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const SOURCE = join(__dirname, '../src');
const BUILT = join(__dirname, '../dist');

/** The command line, and what its threads begin with. */
const programs = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path === 'cli/main.ts' || path.endsWith('/worker.ts'),
);

/** Modules find assets and workers from the directory they are in, which is not the program's. */
function ownDirectories(program: string): Plugin {
  const home = join(SOURCE, dirname(program));
  return {
    name: 'own-directories',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const place = JSON.stringify(relative(home, dirname(path)));
        const own = `require('node:path').join(__dirname, ${place})`;
        return { contents: readFileSync(path, 'utf8').replaceAll('__dirname', own), loader: 'ts' };
      });
    },
  };
}

async function main(): Promise<void> {
  for (const program of programs) {
    await build({
      entryPoints: [join(SOURCE, program)],
      outfile: join(BUILT, program.replace(/\.ts$/, '.js')),
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      sourcemap: true,
      sourcesContent: false,
      plugins: [ownDirectories(program)],
    });
  }
}

void main();
