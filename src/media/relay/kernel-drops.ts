import { readFile } from 'node:fs/promises';
import { steadyMemory } from '../octets';
import { type Libc, loadLibc, SO_MEMINFO, SOL_SOCKET } from './libc';
import type { Lifeline } from './lifeline';

/** What SO_MEMINFO tells of a socket, in 32-bit words (enum sk_meminfo of the kernel). */
const DROPS_WORD = 8;
const MEMINFO_WORDS = 9;
const LENGTH_WORD = MEMINFO_WORDS;

/** Asks the kernel how many datagrams have found a socket's receive buffer full. */
export class DropCounter {
  readonly #memory = steadyMemory(4 * (MEMINFO_WORDS + 1));
  readonly #words = new Uint32Array(this.#memory.buffer, this.#memory.byteOffset);
  readonly #at: number;

  constructor(private readonly libc: Libc) {
    this.#at = libc.addressOf(this.#memory);
  }

  /** 0 where it is no socket, or has just been closed. */
  of(fd: number): number {
    this.#words[LENGTH_WORD] = 4 * MEMINFO_WORDS;
    const length = this.#at + 4 * LENGTH_WORD;
    const told = this.libc.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, this.#at, length) === 0;
    return told ? this.#words[DROPS_WORD]! : 0;
  }
}

/**
 * Datagrams that found the receive buffer full, of the sockets of a worker on the kernel backend. Control asks the
 * kernel about each, for sockets are the process's: no media thread is held up.
 */
export class SocketDrops {
  readonly #counter: DropCounter;

  constructor(
    private readonly lifeline: Lifeline,
    libc: Libc = loadLibc(),
  ) {
    this.#counter = new DropCounter(libc);
  }

  /** Of the sockets now open, without what came where nobody read. */
  sum(): number {
    let sum = 0;
    for (let slot = 0; slot < this.lifeline.slots; slot++) {
      const fd = this.lifeline.held(slot);
      const unread = this.lifeline.unread(slot);
      // Less than what was not read: it is another socket already.
      if (fd !== 0 && unread !== undefined) sum += Math.max(0, this.#counter.of(fd) - unread);
    }
    return sum;
  }
}

/** Columns of /proc/net/udp: the local address is the second, the drop counter the last. */
const LOCAL_ADDRESS = 1;

/** UDP ports, both ends included. */
export interface Ports {
  readonly min: number;
  readonly max: number;
}

/**
 * The same of whatever sockets are bound inside these ranges, for workers whose sockets cannot be asked; 0 where the
 * system does not tell. The kernel takes the longer for each socket the more there are.
 */
export async function dropsAt(ranges: readonly Ports[]): Promise<number> {
  if (ranges.length === 0) return 0;
  const tables = await Promise.all(
    ['/proc/net/udp', '/proc/net/udp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
  );
  return tables.reduce((sum, table) => sum + dropsIn(table, ranges), 0);
}

/** The sum of one table: exported for its test. */
export function dropsIn(table: string, ranges: readonly Ports[]): number {
  let sum = 0;
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const port = Number.parseInt(columns[LOCAL_ADDRESS]?.split(':')[1] ?? '', 16);
    if (ranges.some(({ min, max }) => port >= min && port <= max)) {
      sum += Number(columns.at(-1)) || 0;
    }
  }
  return sum;
}
