import { type Logger, pino } from 'pino';

/** Structured log: one event name a line as the message, ids first among the fields. */
export type Log = Logger;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A log that writes JSON lines to `destination`, by default standard output. */
export function createLog(level: LogLevel, destination?: { write(line: string): void }): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options);
}

/** For callers that must not log, tests above all. */
export const silentLog: Log = pino({ level: 'silent' });
