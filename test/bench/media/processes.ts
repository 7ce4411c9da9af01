import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

export const RELAY_CORE = 0;
export const LOAD_CORE = 1;

const PRIORITY = -20;

/** A command on one core, ahead of what else runs on the machine where we may: relays and load alike. */
export function pinned(core: number, command: readonly string[], heard: boolean): ChildProcess {
  const stdio: StdioOptions = heard ? ['ignore', 'pipe', 'inherit', 'ipc'] : 'ignore';
  const args = ['-c', String(core), ...command];
  // In a session of its own, because priorities count only within one (sched(7), autogroup).
  const child = spawn('taskset', args, { stdio, detached: true });
  try {
    setPriority(child.pid!, PRIORITY);
    writeFileSync(`/proc/${child.pid}/autogroup`, String(PRIORITY));
  } catch {
    // Then it has what others have; what they take is in the report.
  }
  return child;
}

/** A script, and what it is born with, on one core. */
export function script(
  core: number,
  path: string,
  birth: object,
  flags: readonly string[] = [],
): ChildProcess {
  return pinned(core, [process.execPath, ...flags, path, JSON.stringify(birth)], true);
}

/** Keeps ourselves off the relay's core. */
export function stayOn(core: number): void {
  spawnSync('taskset', ['-acp', String(core), String(process.pid)], { stdio: 'ignore' });
}

/** The next message of a child; its end, should that come first, is an error. */
export async function heard<Message>(child: ChildProcess): Promise<Message> {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', over).then(([message]) => message as Message),
      once(child, 'exit', over).then(([code]) => {
        throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** CPU time of all threads of a process so far, in milliseconds: what its system calls do included. */
export function cpuMs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const schedstat = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
    sum += Number(schedstat.split(' ', 1)[0]);
  }
  return sum / 1e6;
}

/**
 * Of a core, in milliseconds, by everything on it, what other machines have taken included, but for what is nice and gives way. In
 * steps of the clock tick.
 */
export function coreMs(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1];
  const [user, , system, , , irq, softirq, steal] = line!.split(' ').map(Number);
  return (user! + system! + irq! + softirq! + steal!) * 10;
}

export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}
