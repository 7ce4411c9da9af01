import { HeaderLine } from './header-line';
import type { Header, SipMessage } from './message';
import { headerName, isHeader } from './names';
import { isToken, oneLine } from './scan';

const CONTENT_LENGTH = headerName('Content-Length');

/**
 * The message as it goes on the wire. Content-Length is always counted here and comes last. Line
 * breaks inside a start line or a header, which would let a value add headers of its own, become
 * single spaces; a header whose name is no token is left out.
 */
export function serialize(message: SipMessage): Buffer {
  const head = headOf(message);
  if (message.body.length === 0) return Buffer.from(head, 'utf8');
  const headBytes = Buffer.byteLength(head, 'utf8');
  const bytes = Buffer.allocUnsafe(headBytes + message.body.length);
  bytes.write(head, 0, headBytes, 'utf8');
  message.body.copy(bytes, headBytes);
  return bytes;
}

/** The same as text, for who reads it as text. */
export function serializeText(message: SipMessage): string {
  const head = headOf(message);
  return message.body.length === 0 ? head : head + message.body.toString('utf8');
}

/** The message with the headers that are written of it, as they are: for who would read the text back. */
export function asWritten(message: SipMessage): SipMessage {
  const headers: Header[] = [];
  for (const header of message.headers) if (isWritten(header)) headers.push(written(header));
  headers.push({ name: CONTENT_LENGTH.long, value: String(message.body.length) });
  const { body } = message;
  if (message.kind === 'request') {
    return { kind: 'request', method: message.method, uri: message.uri, headers, body };
  }
  return { kind: 'response', status: message.status, reason: message.reason, headers, body };
}

function headOf(message: SipMessage): string {
  return `${startLine(message)}\r\n${headerLines(message.headers)}Content-Length: ${message.body.length}\r\n\r\n`;
}

function startLine(message: SipMessage): string {
  return message.kind === 'request'
    ? oneLine(`${message.method} ${message.uri} SIP/2.0`)
    : oneLine(`SIP/2.0 ${message.status} ${message.reason}`);
}

function headerLines(headers: readonly Header[]): string {
  let text = '';
  for (const header of headers) {
    if (!isWritten(header)) continue;
    const { name, value } = header;
    text += `${name}: ${header instanceof HeaderLine ? value : oneLine(value)}\r\n`;
  }
  return text;
}

/** RFC 3261 §7.3: a header name is a token. */
function isWritten(header: Header): boolean {
  if (isHeader(header.name, CONTENT_LENGTH)) return false;
  return header instanceof HeaderLine || isToken(header.name);
}

function written(header: Header): Header {
  if (header instanceof HeaderLine) return header;
  const value = oneLine(header.value);
  return value === header.value ? header : { name: header.name, value };
}
