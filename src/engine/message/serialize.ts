import type { Header, SipMessage } from './message';
import { headerName, isHeader } from './names';

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
  for (const { name, value } of headers) {
    if (isHeader(name, CONTENT_LENGTH) || !isHeaderName(name)) continue;
    text += `${name}: ${oneLine(value)}\r\n`;
  }
  return text;
}

/** RFC 3261 §7.3: a header name is a token. */
function isHeaderName(name: string): boolean {
  return /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(name);
}

/** Without line breaks, and without NULs but those RFC 3261 §25.1 lets stand behind a backslash. */
function oneLine(text: string): string {
  return UNSAFE.test(text) ? text.replace(/[\r\n]+[ \t]*|(?<!\\)\0/g, ' ') : text;
}

const UNSAFE = /[\r\n\0]/;
