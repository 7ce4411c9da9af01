import { readFile } from 'node:fs/promises';

/** Columns of /proc/net/udp: the local address is the second, the drop counter the last. */
const LOCAL_ADDRESS = 1;

/**
 * Datagrams that found the receive buffer full, summed over the sockets now bound inside the range;
 * 0 where the system does not tell. Read off the media threads: the file grows with the sockets.
 */
export async function kernelDrops(ports: { min: number; max: number }): Promise<number> {
  const tables = await Promise.all(
    ['/proc/net/udp', '/proc/net/udp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
  );
  return tables.reduce((sum, table) => sum + dropsIn(table, ports), 0);
}

/** The sum of one table: exported for its test. */
export function dropsIn(table: string, { min, max }: { min: number; max: number }): number {
  let sum = 0;
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const port = Number.parseInt(columns[LOCAL_ADDRESS]?.split(':')[1] ?? '', 16);
    if (port >= min && port <= max) sum += Number(columns.at(-1)) || 0;
  }
  return sum;
}
