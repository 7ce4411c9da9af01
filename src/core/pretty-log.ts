/** Bold, dim, and a colour by severity, for terminals. */
const COLOURS: Readonly<Record<number, string>> = { 40: '33', 50: '31', 60: '31' };
const NAMES: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/**
 * A destination for `createLog` that writes the log for people: time of day, severity, event name,
 * then the fields as `name=value`. What is no JSON line passes as it is.
 */
export function prettyLines(
  write: (text: string) => void,
  options: { readonly colour: boolean },
): { write(line: string): void } {
  const paint = (code: string, text: string): string =>
    options.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    write(line) {
      const entry = parse(line);
      if (!entry) {
        write(line);
        return;
      }
      const { level, time, msg, ...fields } = entry;
      const severity = (NAMES[Number(level)] ?? String(level)).padEnd(5);
      const shown = Object.entries(fields).map(
        ([name, value]) => `${paint('2', `${name}=`)}${show(value)}`,
      );
      const words = [
        paint('2', String(time).slice(11, 23)),
        paint(COLOURS[Number(level)] ?? '36', severity),
        paint('1', String(msg)),
        ...shown,
      ];
      write(`${words.join(' ')}\n`);
    },
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Words as they are; what could be taken for several fields, or hold control characters, as JSON. */
function show(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value)
    ? value
    : JSON.stringify(value);
}
