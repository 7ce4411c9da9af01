import { Fault, type FaultCode, type Log } from '../core';

/**
 * Lets work go on by itself. What it throws is nobody's to catch, and must not end the process: most often
 * the other end of a call has gone in the meantime.
 */
export function detached(work: Promise<unknown>, log: Log, what: string): void {
  work.catch((error: unknown) => log.debug({ err: error }, what));
}

/** The code of an expected failure; anything else is a bug of ours, and is logged as one. */
export function faultOf(error: unknown, log: Log): FaultCode {
  if (error instanceof Fault) {
    log.info({ fault: error.code, reason: error.message }, 'call step refused');
    return error.code;
  }
  log.error({ err: error }, 'call step failed');
  return 'INTERNAL_ERROR';
}
