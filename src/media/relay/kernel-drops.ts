import { readFile } from 'node:fs/promises';
import { steadyMemory } from '../octets';
import { type Libc, loadLibc, SO_MEMINFO, SOL_SOCKET } from './libc';
import type { Lifeline } from './lifeline';

/** What SO_MEMINFO tells of a socket, in 32-bit words (enum sk_meminfo of the kernel). */
const ROOM_WORD = 1;
const DROPS_WORD = 8;
const MEMINFO_WORDS = 9;
const LENGTH_WORD = MEMINFO_WORDS;
/** A receive buffer that is not larger is the least there is: nobody reads there (`DatagramSocket.listen`). */
const DEAF = 4_608;

/**
 * Datagrams that found the receive buffer full, of the sockets of a worker on the kernel backend. Control asks the
 * kernel about each, for sockets are the process's: no media thread is held up.
 */
export class SocketDrops {
  readonly #fds: Int32Array;
  /** What was dropped while nobody read. */
  readonly #unread: Int32Array;
  readonly #memory = steadyMemory(4 * (MEMINFO_WORDS + 1));
  readonly #words = new Uint32Array(this.#memory.buffer, this.#memory.byteOffset);
  readonly #at: number;

  constructor(
    private readonly lifeline: Lifeline,
    private readonly libc: Libc = loadLibc(),
  ) {
    this.#fds = new Int32Array(lifeline.slots);
    this.#unread = new Int32Array(lifeline.slots);
    this.#at = libc.addressOf(this.#memory);
  }

  /** Of the sockets now open, without what came where nobody read. */
  sum(): number {
    let sum = 0;
    for (let slot = 0; slot < this.#fds.length; slot++) {
      const fd = this.lifeline.held(slot);
      if (fd === 0 || !this.#ask(fd)) continue;
      const drops = this.#words[DROPS_WORD]!;
      // Another socket, in the place of one that was closed.
      if (fd !== this.#fds[slot] || drops < this.#unread[slot]!) this.#unread[slot] = 0;
      this.#fds[slot] = fd;
      if (this.#words[ROOM_WORD]! <= DEAF) this.#unread[slot] = drops;
      else sum += drops - this.#unread[slot]!;
    }
    return sum;
  }

  /** False where it is no socket, or has just been closed. */
  #ask(fd: number): boolean {
    this.#words[LENGTH_WORD] = 4 * MEMINFO_WORDS;
    const length = this.#at + 4 * LENGTH_WORD;
    return this.libc.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, this.#at, length) === 0;
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
