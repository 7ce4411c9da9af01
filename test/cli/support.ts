import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { program } from '../../src/cli/program';

const root = join(__dirname, '../..');

/** What a command left behind. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command within this process: quick, and the same code. */
export async function run(database: string | undefined, ...args: string[]): Promise<Ran> {
  const before = process.env[VARIABLE];
  process.env[VARIABLE] = database ?? '';
  let out = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  try {
    await program().parseAsync(['node', 'twintrack', ...args]);
    return { code: 0, out, err: '' };
  } catch (error) {
    return { code: 1, out, err: (error as Error).message };
  } finally {
    write.mockRestore();
    if (before === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before;
  }
}

const VARIABLE = 'TWINTRACK_SETTINGS__DATABASE';

/** Runs `twintrack` as a process of its own, on this settings database. */
export function twintrack(database: string, ...args: string[]): Promise<Ran> {
  const env = { ...process.env, [VARIABLE]: database };
  const command = [
    join(root, 'node_modules/tsx/dist/cli.mjs'),
    join(root, 'src/cli/main.ts'),
    ...args,
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env, cwd: root }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}
