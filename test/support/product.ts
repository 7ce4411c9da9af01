import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** `twintrack` as its user runs it, in a process of its own. */
export interface Product {
  readonly pid: number;
  /** SIP addresses by protocol: `127.0.0.1:40123`. */
  readonly sip: { readonly udp: string; readonly tcp: string };
  readonly http: number | undefined;
  /** Every log line so far, parsed; when it has stopped, every line. */
  readonly log: ReadonlyArray<Record<string, unknown>>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

const ROOT = join(__dirname, '../..');
const START_MS = 90_000;
/** The line that says that it is up. */
const READY = { serve: 'twintrack ready', recorder: 'recorder ready' };

/** Starts `twintrack serve` with these `--set` assignments; rejects with its output if it does not come up. */
export function startProduct(
  assignments: readonly string[],
  from: 'source' | 'dist' = 'source',
  command: 'serve' | 'recorder' = 'serve',
): Promise<Product> {
  const entry =
    from === 'dist'
      ? [join(ROOT, 'dist/cli/main.js')]
      : ['--import', 'tsx', join(ROOT, 'src/cli/main.ts')];
  const child = spawn(
    process.execPath,
    [...entry, command, ...assignments.flatMap((assignment) => ['--set', assignment])],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: environmentFor(assignments) },
  );
  const log: Record<string, unknown>[] = [];
  const other: string[] = [];
  child.stderr.on('data', (text: Buffer) => other.push(text.toString()));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('did not become ready'), START_MS);
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(
        new Error(
          `twintrack ${why}\n${other.join('')}\n${log.map((line) => JSON.stringify(line)).join('\n')}`,
        ),
      );
    };
    child.once('exit', (code) => fail(`ended with ${code}`));
    createInterface(child.stdout).on('line', (text) => {
      const line = parsed(text);
      if (!line) {
        other.push(`${text}\n`);
        return;
      }
      log.push(line);
      if (line.msg !== READY[command]) return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve(running(child, line, log));
    });
  });
}

/** That of the test, with the backend that it is to run on: an rtpengine has none. */
function environmentFor(assignments: readonly string[]): NodeJS.ProcessEnv {
  const { TWINTRACK_MEDIA__BACKEND: backend, ...others } = process.env;
  const relayed = backend !== undefined && !assignments.includes('media.plane=rtpengine');
  return relayed ? { ...others, TWINTRACK_MEDIA__BACKEND: backend } : others;
}

function running(
  child: ChildProcess,
  ready: Record<string, unknown>,
  log: Record<string, unknown>[],
): Product {
  const addresses = ready.sip as string[];
  const at = (protocol: string): string =>
    addresses.find((address) => address.startsWith(`${protocol}/`))!.slice(protocol.length + 1);
  // Not 'exit': what it wrote last may be read later than that.
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    pid: child.pid!,
    sip: { udp: at('udp'), tcp: at('tcp') },
    http: ready.http as number | undefined,
    log,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
