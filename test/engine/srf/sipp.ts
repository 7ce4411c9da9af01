import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SippResult {
  readonly code: number | null;
  readonly output: string;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
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

/** SIPp's own callee, without the four seconds it waits for late retransmissions at its end. */
export function sippUas(...args: readonly string[]): {
  readonly ready: Promise<void>;
  readonly result: Promise<SippResult>;
} {
  const result = (async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sipp-'));
    const { output } = await run(directory, ['-sd', 'uas']);
    const file = join(directory, 'uas.xml');
    await writeFile(file, output.replace(/<timewait[^>]*>/, ''));
    const done = await run(directory, ['-sf', file, ...args]);
    await rm(directory, { recursive: true, force: true });
    return done;
  })();
  // SIPp does not say when it listens.
  return { ready: new Promise((resolve) => setTimeout(resolve, 400)), result };
}

async function run(directory: string, args: readonly string[]): Promise<SippResult> {
  const child = spawn(
    'sipp',
    ['-i', '127.0.0.1', '-nostdin', '-timeout', '15s', '-timeout_error', ...args],
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
