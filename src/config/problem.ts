import { showPath } from './key-tree';
import { keyOriginAt, type Located, type Origin, originAt } from './located';

/** One thing wrong with the configuration. */
export interface Problem {
  /** `users[0].name`; empty for what concerns no key, such as a file that cannot be read. */
  readonly path: string;
  /** What is wrong and what is wanted instead. */
  readonly message: string;
  readonly origin: Origin;
}

/** A problem with the value at `path`, standing where that value was written. */
export function problemAt(
  located: Located,
  path: readonly PropertyKey[],
  message: string,
): Problem {
  return { path: showPath(path), message, origin: originAt(located, path) };
}

/** A problem with the key at the end of `path`. */
export function keyProblemAt(
  located: Located,
  path: readonly PropertyKey[],
  message: string,
): Problem {
  return { path: showPath(path), message, origin: keyOriginAt(located, path) };
}

/** `twintrack.yaml:4:11: sip.maxCalls: wants a whole number from 1 to 100000, got "many"`. */
export function showProblem({ path, message, origin }: Problem): string {
  const where =
    origin.kind === 'file'
      ? `${origin.file}:${origin.line}:${origin.column}: `
      : origin.kind === 'environment'
        ? `env ${origin.name}: `
        : origin.kind === 'flag'
          ? `flag ${origin.flag}: `
          : '';
  return path === '' ? `${where}${message}` : `${where}${path}: ${message}`;
}
