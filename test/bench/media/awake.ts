import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** Looks now and then whether we are still there, so that none is left behind, whatever becomes of us. */
const LOOP = `while kill -0 ${process.pid} 2>/dev/null; do i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; done`;
const LAST = '19';

/**
 * Keeps cores from falling asleep, by a loop on each that gives way to everything: as on a server whose cores are told to stay awake
 * (`idle=poll`). A core that sleeps finds its caches cold, and what that costs is the machine's. Returns what ends it. Throws, later
 * too, where it cannot be done: what is measured then would be something else.
 */
export function keepAwake(cores: readonly number[]): () => void {
  const loops = cores.map((core) => `taskset -c ${core} sh -c '${LOOP}' &`).join(' ');
  const command = ['-i', '0', 'nice', '-n', LAST, 'sh', '-c', `${loops} wait`];
  const child = spawn('chrt', command, { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const fail = (why: unknown): never => {
    throw new Error(`cores cannot be kept awake: ${why}`);
  };
  child.on('error', fail);
  child.on('exit', fail);
  // Priorities count within a session only (sched(7), autogroup): the loops have one of their own.
  if (child.pid !== undefined) writeFileSync(`/proc/${child.pid}/autogroup`, LAST);
  return () => {
    child.off('exit', fail);
    process.kill(-child.pid!);
  };
}
