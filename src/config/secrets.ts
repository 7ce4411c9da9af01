import { readFileSync } from 'node:fs';
import { type Key, keyTree } from './key-tree';
import { at, type Located, locate, nest, overlay } from './located';
import { type Problem, problemAt } from './problem';
import { variableOf } from './sources/environment';

const LARGEST = 4096;

/**
 * Puts every secret in place: from its environment variable as it is, or from the file that the key
 * `…File` beside it names. A secret in the configuration file or in a flag is refused.
 */
export function resolveSecrets(located: Located): { located: Located; problems: Problem[] } {
  const problems: Problem[] = [];
  let result = located;
  for (const path of secretPaths(keyTree(), [])) {
    const filePath = [...path.slice(0, -1), `${path.at(-1)}File`];
    const given = written(at(located, path));
    const file = written(at(located, filePath));
    if (given && given.origin.kind !== 'environment') {
      problems.push(problemAt(located, path, misplaced(path, filePath)));
    } else if (given && file) {
      const message = `is given by ${variableOf(path)} too: keep one of them`;
      problems.push(problemAt(located, filePath, message));
    } else if (file && typeof file.value === 'string') {
      const read = readSecret(file.value);
      if (read.ok) result = overlay(result, nest(path, locate(read.value, file.origin)));
      else problems.push(problemAt(located, filePath, read.wants));
    }
  }
  return { located: result, problems };
}

function secretPaths(key: Key, path: readonly string[]): string[][] {
  return [...key.keys].flatMap(([name, inner]) =>
    inner.secret ? [[...path, name]] : secretPaths(inner, [...path, name]),
  );
}

function written(part: Located | undefined) {
  return part?.kind === 'scalar' && part.value !== null ? part : undefined;
}

function misplaced(path: readonly string[], filePath: readonly string[]): string {
  return `is a secret and stands here for everyone to read: put it into a file and name that by ${filePath.join('.')}, or into the environment as ${variableOf(path)}`;
}

function readSecret(file: string) {
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text === '') return { ok: false, wants: 'names a file that is empty' } as const;
    if (text.length > LARGEST || /[\r\n]/.test(text)) {
      return { ok: false, wants: 'names a file that is no secret: it wants one line' } as const;
    }
    return { ok: true, value: text } as const;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { ok: false, wants: `names a file that cannot be read (${code})` } as const;
  }
}
