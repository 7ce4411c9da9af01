import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Config,
  type ConfigSources,
  type Loaded,
  loadConfig,
  showProblem,
} from '../../src/config';

/** A folder for one test file, with a way to put files into it. */
export function scratch() {
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-config-'));
  return {
    directory,
    write(name: string, text: string): string {
      const file = join(directory, name);
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Loads without environment and flags unless they are given. */
export function load(sources: Partial<ConfigSources> = {}): Loaded {
  return loadConfig({ env: {}, flags: {}, ...sources });
}

export function configOf(loaded: Loaded): Config {
  if (!loaded.ok) throw new Error(loaded.problems.map(showProblem).join('\n'));
  return loaded.config;
}

export function problemsOf(loaded: Loaded): string[] {
  if (loaded.ok) throw new Error('the configuration was taken');
  return loaded.problems.map(showProblem);
}
