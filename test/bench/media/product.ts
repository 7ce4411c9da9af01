import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');

/**
 * Where the product is taken from: what `npm run build` has made, as users run it. The sources run
 * too, but what makes them run (tsx) makes every import of a function cost as much as the function.
 */
export const PRODUCT = existsSync(join(ROOT, 'dist/media/index.js')) ? 'dist' : 'src';

/** A module of the product, by its path below dist/ or src/. */
export function product<Module>(path: string): Module {
  return require(join(process.env.TWINTRACK_PRODUCT ?? join(ROOT, PRODUCT), path)) as Module;
}
