import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, taken } from '../../support/ports';

export interface SippResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs SIPp on loopback until it has done its calls. Exit status 0: every call succeeded. */
export async function sipp(...args: readonly string[]): Promise<SippResult> {
  const directory = await mkdtemp(join(tmpdir(), 'sipp-'));
  try {
    return await run(directory, args);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export interface SippCallee {
  readonly port: number;
  /** Its exit, when it has taken all its calls. */
  readonly result: Promise<SippResult>;
}

/**
 * SIPp's own callee. Resolves when it listens. It waits some seconds for late retransmissions at its end: on a busy
 * machine there are some, and would be calls of their own that fail.
 */
export async function sippUas(calls: number, transport: 'udp' | 'tcp'): Promise<SippCallee> {
  const directory = await mkdtemp(join(tmpdir(), 'sipp-'));
  const port = await freePort();
  const over = transport === 'udp' ? 'u1' : 't1';
  let ended = false;
  const result = run(directory, ['-sn', 'uas', '-p', `${port}`, '-m', `${calls}`, '-t', over]);
  const gone = result.finally(async () => {
    ended = true;
    await rm(directory, { recursive: true, force: true });
  });
  await taken(port, transport, () => ended);
  return { port, result: gone };
}

const GIVE_UP_S = 90;

async function run(directory: string, args: readonly string[]): Promise<SippResult> {
  const child = spawn(
    'sipp',
    ['-i', '127.0.0.1', '-nostdin', '-timeout', `${GIVE_UP_S}s`, '-timeout_error', ...args],
    { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TERM: 'dumb' } },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new Error(`${error.message}: install the Debian package sip-tester`)),
    );
    child.on('close', resolve);
  });
  return { code, output };
}
