import { cpus } from 'node:os';
import type { Libc } from './libc';

/** What the scheduler was brought to do for a thread. */
export type Precedence = 'real-time' | 'short slices' | 'none';

const SCHED_FIFO = 1;
/** Threads that it may start are as all others. */
const SCHED_RESET_ON_FORK = 0x40000000;
const [SYS_SCHED_SETATTR, SYS_SCHED_GETATTR] = process.arch === 'x64' ? [314, 315] : [274, 275];
/** struct sched_attr, first version. */
const ATTRIBUTES = 48;
const RUNTIME_AT = 24;
/** How long it may run before others have their turn; the sooner, the sooner it has its own. */
const SLICE_NS = 100_000n;

/**
 * Has the calling thread run as soon as there is something for it to do. Without, it waits for whoever is on its
 * core to have had its slice, collectors and compilers of this very process among them: 4 ms each where the
 * kernel's tick is 250 Hz, several in a row. Real-time where we may (CAP_SYS_NICE, or RLIMIT_RTPRIO), the lowest there
 * is; else by asking for slices so short that its turn comes next (sched_setattr(2), Linux 6.12; before, that
 * changes nothing). On a machine with a single core never real-time: signalling needs it as well.
 */
export function takePrecedence(libc: Libc): Precedence {
  const memory = Buffer.alloc(ATTRIBUTES);
  const at = libc.addressOf(memory);
  memory.writeInt32LE(1, 0);
  const alone = cpus().length === 1;
  if (!alone && libc.sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, at) === 0) {
    return 'real-time';
  }
  // All else as it is, niceness included.
  if (libc.syscall(SYS_SCHED_GETATTR, 0, at, ATTRIBUTES, 0) !== 0) return 'none';
  memory.writeBigUInt64LE(SLICE_NS, RUNTIME_AT);
  return libc.syscall(SYS_SCHED_SETATTR, 0, at, 0, 0) === 0 ? 'short slices' : 'none';
}
