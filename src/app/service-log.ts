import type { Config } from '../config';
import { createLog, type Log, prettyLines } from '../core';

/** The log of a running service, on standard output, as the configuration wants it. */
export function serviceLog({ log }: Config): Log {
  if (log.format === 'json') return createLog(log.level);
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  return createLog(log.level, prettyLines(write, { colour: process.stdout.isTTY === true }));
}
