import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

const GIVE_UP_MS = 45_000;

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
  if (!options.to) await taken(port, transport, child);
  return { port, done, stop: () => child.kill() };
}

/** Waits until SIPp has the port. Looks without touching: a probe would take the port away from it. */
async function taken(
  port: number,
  transport: 'udp' | 'tcp',
  child: { readonly exitCode: number | null },
): Promise<void> {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  for (let tries = 0; tries < 500 && child.exitCode === null; tries++) {
    if (readFileSync(`/proc/net/${transport}`, 'utf8').includes(place)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function isFree(port: number, transport: 'udp' | 'tcp'): Promise<boolean> {
  return new Promise((resolve) => {
    if (transport === 'udp') {
      const socket = createSocket('udp4');
      socket.once('error', () => resolve(false));
      socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
    } else {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    }
  });
}

/** A port that neither UDP nor TCP has taken. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve) => {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1', () => {
        const { port: free } = socket.address();
        socket.close(() => resolve(free));
      });
    });
    if (await isFree(port, 'tcp')) return port;
  }
}
