import { Lexicon } from '../../core';
import { EMPTY_BODY, type Header, HeaderLine, isToken, oneLine, wireName } from '../message';

/** A SIP message as an application writes it: text whose headers are wishes, not facts. */
export interface AppMessage {
  readonly startLine: string;
  readonly start: AppStart | undefined;
  /** In canonical spelling, without those the engine alone decides on. */
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

export type AppStart =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** A response of an application. */
export interface AppResponse extends AppMessage {
  readonly start: Extract<AppStart, { readonly kind: 'response' }>;
}

export function isResponse(message: AppMessage): message is AppResponse {
  return message.start?.kind === 'response';
}

/** Never the application's to say: hop-bound, counted here, or numbered here. */
const ENGINE_ONLY: ReadonlySet<string> = new Set([
  'Via',
  'Route',
  'Record-Route',
  'RSeq',
  'Content-Length',
]);

/** The same before it is read: a header's value may hold line breaks and with them more headers. */
export interface WrittenMessage {
  readonly start: AppStart;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly body: string;
}

export function readWrittenMessage({ start, headers, body }: WrittenMessage): AppMessage {
  const read: Header[] = [];
  for (const name in headers) {
    const value = headers[name]!;
    const lines = value.includes('\r\n') ? `${name}: ${value}`.split('\r\n') : undefined;
    const [first, ...others] = lines?.map(readHeader) ?? [headerOf(name, value)];
    if (first) read.push(first);
    for (const other of others) if (other) read.push(other);
  }
  return {
    startLine:
      start.kind === 'request'
        ? `${start.method} ${start.uri} SIP/2.0`
        : `SIP/2.0 ${start.status} ${start.reason}`,
    start: isSound(start) ? start : undefined,
    headers: read,
    body: body === '' ? EMPTY_BODY : Buffer.from(body, 'utf8'),
  };
}

/**
 * Reads what an application sent, as text or as bytes. Lines that are no header are skipped; all
 * that follows the first empty line is the body, because the length drachtio-srf writes counts
 * characters, not bytes.
 */
export function readAppMessage(content: string | Buffer): AppMessage {
  const blank = content.indexOf('\r\n\r\n');
  const headEnd = blank < 0 ? content.length : blank;
  const head =
    typeof content === 'string' ? content.slice(0, headEnd) : content.toString('utf8', 0, headEnd);
  const lineEnd = endOfLine(head, 0);
  const startLine = head.slice(0, lineEnd);
  const headers: Header[] = [];
  for (let at = lineEnd + 2; at < head.length; ) {
    const end = endOfLine(head, at);
    const header = readHeader(head.slice(at, end));
    if (header) headers.push(header);
    at = end + 2;
  }
  const body = blank < 0 ? EMPTY_BODY : bytesOf(content, blank + 4);
  return { startLine, start: readStart(startLine), headers, body };
}

function endOfLine(head: string, from: number): number {
  const end = head.indexOf('\r\n', from);
  return end < 0 ? head.length : end;
}

function bytesOf(content: string | Buffer, from: number): Buffer {
  if (content.length === from) return EMPTY_BODY;
  return typeof content === 'string'
    ? Buffer.from(content.slice(from), 'utf8')
    : content.subarray(from);
}

function readStart(line: string): AppStart | undefined {
  const response = /^SIP\/2\.0 +(\d{3})(?: +(.*))?$/i.exec(line);
  if (response) {
    const reason = (response[2] ?? '').trim();
    const start: AppStart = { kind: 'response', status: Number(response[1]), reason };
    return isSound(start) ? start : undefined;
  }
  const request = /^([A-Za-z0-9\-.!%*_+`'~]+) +(\S+)(?: +SIP\/2\.0)? *$/.exec(line);
  return request ? { kind: 'request', method: request[1]!, uri: request[2]! } : undefined;
}

function isSound(start: AppStart): boolean {
  if (start.kind === 'response') return start.status >= 100 && start.status <= 699;
  return isToken(start.method) && start.uri !== '' && !/\s/.test(start.uri);
}

function readHeader(line: string): Header | undefined {
  const colon = line.indexOf(':');
  return colon <= 0 ? undefined : headerOf(line.slice(0, colon).trim(), line.slice(colon + 1));
}

function headerOf(written: string, value: string): Header | undefined {
  const name = spellings.of(written);
  if (name === undefined || ENGINE_ONLY.has(name)) return undefined;
  return new HeaderLine(name, oneLine(value.trim()));
}

/** Names as they go on the wire; undefined for what is no token. */
const spellings = new Lexicon((name) => (isToken(name) ? wireName(name) : undefined));
