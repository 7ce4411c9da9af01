import type { Log } from '../core';

/**
 * Lets work go on by itself. What it throws is nobody's to catch, and must not end the process: most often
 * the other end of a call has gone in the meantime.
 */
export function detached(work: Promise<unknown>, log: Log, what: string): void {
  work.catch((error: unknown) => log.debug({ err: error }, what));
}
