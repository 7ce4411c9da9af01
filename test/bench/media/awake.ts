import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

/** Looks now and then whether we are still there, so that none is left behind, whatever becomes of us. */
const LOOP = `while kill -0 ${process.pid} 2>/dev/null; do i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; done`;
const LAST = 19;

/**
 * Keeps cores from falling asleep, by a loop on each that gives way to everything: as on a server whose cores are told to stay awake
 * (`idle=poll`). A core that sleeps finds its caches cold, and what that costs is the machine's.
 */
export function keepAwake(cores: readonly number[]): ChildProcess[] {
  return cores.map((core) => {
    const command = ['-i', '0', 'taskset', '-c', String(core), 'nice', '-n', String(LAST), 'sh'];
    const child = spawn('chrt', [...command, '-c', LOOP], { stdio: 'ignore', detached: true });
    child.on('error', (error) => {
      throw new Error(`cannot keep core ${core} awake: ${error.message}`);
    });
    // Priorities count within a session only (sched(7), autogroup), where the kernel groups by them: it has one of its own.
    const autogroup = `/proc/${child.pid}/autogroup`;
    if (existsSync(autogroup)) writeFileSync(autogroup, String(LAST));
    return child;
  });
}
