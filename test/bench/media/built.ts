import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../../..');
const INTO = join(ROOT, 'node_modules/.cache/bench-media');

/**
 * Makes JavaScript of this folder, and says where it is. What is measured, and what measures, runs as plain
 * scripts: a loader that makes sources run has a thread and a heap of its own, which tidies up while others work.
 */
export function built(): string {
  mkdirSync(INTO, { recursive: true });
  for (const file of readdirSync(__dirname)) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(__dirname, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(join(INTO, file.replace(/\.ts$/, '.js')), outputText);
  }
  // The product as users run it: what `npm run build` has made.
  process.env.TWINTRACK_PRODUCT ??= join(ROOT, 'dist');
  return INTO;
}
