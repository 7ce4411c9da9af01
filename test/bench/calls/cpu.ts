import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const CLOCK_TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU that processes have used, in milliseconds. */
export interface Cpu {
  readonly all: number;
  /** Of their main threads, which run the JavaScript of signalling. */
  readonly main: number;
}

export function cpuOf(pids: readonly number[]): Cpu {
  let all = 0;
  let main = 0;
  for (const pid of pids) {
    all += usedMs(`/proc/${pid}/stat`);
    main += usedMs(`/proc/${pid}/task/${pid}/stat`);
  }
  return { all, main };
}

/** Of this process and of all that it has started and seen end, in milliseconds. */
export function ownCpuMs(): number {
  return usedMs('/proc/self/stat') + usedMs('/proc/self/stat', CHILDREN_USER);
}

/** Fields of /proc/PID/stat after the name: user and system time, and those of children that have ended. */
const USER = 11;
const CHILDREN_USER = 13;

function usedMs(path: string, first = USER): number {
  const stat = readFileSync(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[first]) + Number(fields[first + 1])) * 1000) / CLOCK_TICKS;
}

/** Of everything on the machine, in milliseconds. */
export function machineCpuMs(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .split(/ +/)
    .map(Number);
  return ((user! + nice! + system! + irq! + softirq!) * 1000) / CLOCK_TICKS;
}

export function residentKib(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return sum + Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
  }, 0);
}
