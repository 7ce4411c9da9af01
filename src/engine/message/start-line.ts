import type { ParseError } from './parse-result';
import { isToken, parseUnsigned } from './scan';
import { parseUri } from './uri';

/** A start line, read as far as it could be: RFC 3261 §7.1, §7.2. */
export type StartLine =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly uri: string;
      readonly fault: ParseError | undefined;
    }
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly reason: string;
      readonly fault: ParseError | undefined;
    }
  /** Not SIP at all: never answered. */
  | { readonly kind: 'alien' };

export const BAD_URI: ParseError = { status: 400, reason: 'Bad Request-URI' };

const ALIEN: StartLine = { kind: 'alien' };

export function readStartLine(line: string): StartLine {
  return isVersion(line.slice(0, line.indexOf(' '))) ? readStatusLine(line) : readRequestLine(line);
}

function readRequestLine(line: string): StartLine {
  const space = line.indexOf(' ');
  const method = line.slice(0, space);
  const rest = line.slice(space + 1).trimEnd();
  const lastSpace = rest.lastIndexOf(' ');
  const version = rest.slice(lastSpace + 1);
  if (space < 0 || lastSpace < 0 || !isToken(method) || !isVersion(version)) return ALIEN;
  const uri = rest.slice(0, lastSpace);
  return { kind: 'request', method, uri, fault: requestLineFault(uri, version, line) };
}

function requestLineFault(uri: string, version: string, line: string): ParseError | undefined {
  if (!isVersion2(version)) return { status: 505, reason: 'Version Not Supported' };
  if (!line.endsWith(version)) return { status: 400, reason: 'Bad Request Line' };
  const parsed = parseUri(uri);
  // RFC 3261 §19.1.1: headers are not allowed in a Request-URI.
  if (!parsed || ('headers' in parsed && parsed.headers !== undefined)) {
    return BAD_URI;
  }
  return undefined;
}

function readStatusLine(line: string): StartLine {
  const afterVersion = line.indexOf(' ');
  const version = line.slice(0, afterVersion);
  const afterDigits = line.indexOf(' ', afterVersion + 1);
  const digits = line.slice(afterVersion + 1, afterDigits < 0 ? line.length : afterDigits);
  const status = parseUnsigned(digits, 699);
  const sound = isVersion2(version) && digits.length === 3 && status !== undefined && status >= 100;
  return {
    kind: 'response',
    status: status ?? 0,
    // The phrase may be empty, and the space before it missing in the field.
    reason: line.slice(version.length + digits.length + 2),
    fault: sound ? undefined : { status: 400, reason: 'Bad Status Line' },
  };
}

function isVersion2(text: string): boolean {
  return text === 'SIP/2.0' || text.toUpperCase() === 'SIP/2.0';
}

function isVersion(text: string): boolean {
  return text === 'SIP/2.0' || /^SIP\/\d+\.\d+$/i.test(text);
}
