import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, taken } from '../../support/ports';

export interface SippOptions {
  readonly scenario: string;
  readonly transport?: 'udp' | 'tcp';
  /** Port it listens on; default one that is free now. */
  readonly port?: number;
  /** Calls in all, default 1. */
  readonly calls?: number;
  readonly rate?: number;
  /** `host:port` to call; absent: it waits to be called. */
  readonly to?: string;
  readonly service?: string;
  readonly args?: readonly string[];
  /** It is killed when it runs longer; default `GIVE_UP_MS`. */
  readonly giveUpMs?: number;
}

export interface SippResult {
  readonly code: number | null;
  /** Every message, as SIPp traced it, and what it complained of. */
  readonly trace: string;
}

export interface RunningSipp {
  readonly port: number;
  readonly done: Promise<SippResult>;
  stop(): void;
}

const GIVE_UP_MS = 90_000;

/** Runs SIPp; resolves when it listens. */
export async function sipp(options: SippOptions): Promise<RunningSipp> {
  const port = options.port ?? (await freePort());
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-sipp-'));
  const file = join(directory, 'scenario.xml');
  writeFileSync(file, options.scenario);
  const { calls = 1, transport = 'udp' } = options;
  const child = spawn(
    'sipp',
    [
      ...(options.to ? [options.to] : []),
      ...['-sf', file, '-i', '127.0.0.1', '-p', String(port), '-mi', '127.0.0.1'],
      ...[
        '-m',
        String(calls),
        '-nostdin',
        '-max_socket',
        '1000',
        '-trace_err',
        '-trace_msg',
        '-t',
        transport === 'tcp' ? 'tn' : 'u1',
      ],
      ...(options.rate ? ['-r', String(options.rate)] : []),
      ...['-s', options.service ?? '100', '-nd', '-default_behaviors', 'abortunexp'],
      ...(options.args ?? []),
    ],
    { cwd: directory, stdio: 'ignore' },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), options.giveUpMs ?? GIVE_UP_MS);
  const done = new Promise<SippResult>((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(timer);
      const trace = readdirSync(directory)
        .filter((name) => name.endsWith('.log'))
        .map((name) => readFileSync(join(directory, name), 'utf8'))
        .join('\n');
      rmSync(directory, { recursive: true, force: true });
      resolve({ code, trace });
    });
  });
  if (!options.to) await taken(port, transport, () => child.exitCode !== null);
  return { port, done, stop: () => child.kill() };
}
