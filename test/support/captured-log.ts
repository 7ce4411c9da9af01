import { createLog, type Log, type LogLevel } from '../../src/core';

/** A log whose lines a test can read. */
export interface CapturedLog {
  readonly log: Log;
  /** Every line so far, as it would stand in the log file. */
  readonly lines: readonly string[];
  /** The lines with this event name, parsed. */
  events(name: string): Record<string, unknown>[];
}

export function captureLog(level: LogLevel = 'info'): CapturedLog {
  const lines: string[] = [];
  return {
    log: createLog(level, { write: (line) => lines.push(line) }),
    lines,
    events: (name) =>
      lines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === name),
  };
}

/** Levels at which identities may stand in full: pino's trace and debug. */
const DEBUG = 20;

/**
 * Fails when a line above debug shows one of these identities: numbers, names, user parts. Ask with
 * every identity of a scenario, in the form that its messages carry.
 */
export function expectNoIdentity(lines: readonly string[], identities: readonly string[]): void {
  const told = lines.filter((line) => {
    const { level } = JSON.parse(line) as { level: number };
    return level > DEBUG && identities.some((identity) => shows(line, identity));
  });
  expect(told).toEqual([]);
}

/** Without regard to case and to the separators that people put into numbers. */
function shows(line: string, identity: string): boolean {
  const bare = (text: string): string => text.toLowerCase().replace(/(?<=\d)[\s().-]+(?=\d)/g, '');
  return bare(line).includes(bare(identity));
}
