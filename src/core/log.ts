import { type Logger, pino } from 'pino';

/** Structured log: one event name a line as the message, ids first among the fields. */
export type Log = Logger;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * Lines wait for others until there is so much of them, or so long: a write for each costs more than the line. No
 * more than a pipe takes whole or not at all: others write to standard output as well, such as records of calls.
 */
const GATHERED_OCTETS = 3_072;
const MOST_OCTETS = 4_096;
const GATHERED_MS = 100;
/** So much waits for a reader that has stopped. Calls go on, and what is more is lost. */
const MOST_WAITING_OCTETS = 16 * 1024 * 1024;

/**
 * A log that writes JSON lines to `destination`, by default standard output: there a tenth of a second later, and
 * what waits at the end of the process is written then, but for what was under way to a reader that had stopped.
 */
export function createLog(
  level: LogLevel,
  destination: { write(line: string): void } = gatheredOutput(),
): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function gatheredOutput(): { write(line: string): void } {
  const output = pino.destination({
    fd: process.stdout.fd || 1,
    sync: false,
    minLength: GATHERED_OCTETS,
    maxWrite: MOST_OCTETS,
    maxLength: MOST_WAITING_OCTETS,
  });
  let open = true;
  output.once('close', () => {
    open = false;
  });
  let lost = 0;
  output.on('drop', () => {
    lost += 1;
  });
  output.on('drain', () => {
    if (lost === 0 || !open) return;
    const line = { level: pino.levels.values.warn, time: new Date().toISOString(), lines: lost };
    lost = 0;
    output.write(`${JSON.stringify({ ...line, msg: 'log lines lost: nobody read them' })}\n`);
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
