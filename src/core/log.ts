import { type Logger, pino } from 'pino';

/** Structured log: one event name a line as the message, ids first among the fields. */
export type Log = Logger;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Lines wait for others until there is so much of them, or so long: a write for each costs more than the line. */
const GATHERED_OCTETS = 4096;
const GATHERED_MS = 100;

/**
 * A log that writes JSON lines to `destination`, by default standard output: there a tenth of a second later, and
 * what waits at the end of the process is written then.
 */
export function createLog(
  level: LogLevel,
  destination: { write(line: string): void } = gatheredOutput(),
): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function gatheredOutput(): { write(line: string): void } {
  const fd = process.stdout.fd || 1;
  const output = pino.destination({ fd, sync: false, minLength: GATHERED_OCTETS });
  let open = true;
  output.once('close', () => {
    open = false;
  });
  let due = false;
  return {
    write(line) {
      output.write(line);
      if (due) return;
      due = true;
      setTimeout(() => {
        due = false;
        if (open) output.flush();
      }, GATHERED_MS).unref();
    },
  };
}

/** For callers that must not log, tests above all. */
export const silentLog: Log = pino({ level: 'silent' });
