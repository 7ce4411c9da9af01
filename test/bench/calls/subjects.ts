import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST, PORTS } from './parties';

/** What is measured: calls come to `port`, go on to the callee, and to the recorder. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  /** Processes whose CPU is counted. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export const SUBJECTS = {
  recorded: (directory: string) => twintrack('recorded', directory, 0),
  unrecorded: (directory: string) => twintrack('unrecorded', directory, 1),
  bare: (directory: string) => bare(directory, 2),
} as const;

/** Another build of it, by its `dist` directory. */
export function otherBuild(directory: string, index: number, dist: string): Promise<Subject> {
  return twintrack(`beside${index}`, directory, index, join(dist, 'cli/main.js'));
}

const ROOT = join(__dirname, '../../..');
const PRODUCT = join(ROOT, 'dist/cli/main.js');
const READY_MS = 20_000;
const SECRET = 'bench';

/** `twintrack serve` as it is installed, with its log and its call records in files. */
async function twintrack(
  name: string,
  directory: string,
  index: number,
  product = PRODUCT,
): Promise<Subject> {
  const port = PORTS.subjects + index;
  const first = 20_000 + index * 15_000;
  const settings = [
    `sip.listen=[udp/${HOST}:${port}]`,
    'sip.maxCalls=1800',
    `recorder.provider=sip:recorder@${HOST}:${PORTS.recorder};transport=udp`,
    `users=[{number: "100", mode: ${name === 'unrecorded' ? 'never' : 'always'}}]`,
    `routes=[{targets: ["sip:${HOST}:${PORTS.callee}"]}]`,
    `media.ports=${first}-${first + 14_999}`,
    'http.listen=null',
    `cdr.file=${join(directory, `${name}-cdr.jsonl`)}`,
  ];
  const args = [...profiling(), product, 'serve', ...settings.flatMap((one) => ['--set', one])];
  const child = await started(args, join(directory, `${name}.log`), 'twintrack ready');
  return { name, port, pids: [child.pid!], stop: () => end(child) };
}

/** `BENCH_NODE_FLAGS="--cpu-prof"` and the like, for whoever looks where the time goes. */
function profiling(): readonly string[] {
  return process.env.BENCH_NODE_FLAGS?.split(' ').filter(Boolean) ?? [];
}

/** A bare application on `twintrack engine`, which speaks drachtio-server's protocol over TCP. */
async function bare(directory: string, index: number): Promise<Subject> {
  const port = PORTS.subjects + index;
  const admin = port + 1;
  const engine = await started(
    [
      PRODUCT,
      'engine',
      ...['--admin-port', `${admin}`, '--secret', SECRET, '--listen', `udp/${HOST}:${port}`],
    ],
    join(directory, 'engine.log'),
    'engine ready',
  );
  const places = [`${HOST}:${PORTS.callee}`, `${HOST}:${PORTS.recorder}`];
  const application = await started(
    ['--import', 'tsx', join(__dirname, 'bare.ts'), `${admin}`, SECRET, ...places],
    join(directory, 'bare.log'),
    'ready',
  );
  return {
    name: 'bare',
    port,
    pids: [engine.pid!, application.pid!],
    stop: async () => {
      await end(application);
      await end(engine);
    },
  };
}

/** Node with these arguments, once it has said `word` in its log. */
async function started(args: readonly string[], log: string, word: string): Promise<ChildProcess> {
  const file = openSync(log, 'w');
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', file, file] });
  closeSync(file);
  for (const deadline = Date.now() + READY_MS; Date.now() < deadline; await sleep(50)) {
    if (readFileSync(log, 'utf8').includes(word)) return child;
    if (child.exitCode !== null) break;
  }
  await end(child);
  throw new Error(`${args.join(' ')} did not start:\n${readFileSync(log, 'utf8')}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 40_000);
  await exited;
  clearTimeout(late);
}
