import { assemble, refused } from './assemble';
import { endOfHead, readHead, skipLineBreaks } from './head';
import { MAX_MESSAGE_BYTES } from './limits';
import { EMPTY_BODY } from './message';
import type { ParseError, ParseResult } from './parse-result';

/**
 * One datagram: RFC 3261 §7, §18.3. Bytes behind Content-Length are ignored, without one the body
 * is the rest. Never throws, on any bytes, and takes time in proportion to them. The body shares
 * memory with the datagram.
 */
export function parse(datagram: Buffer): ParseResult {
  const start = skipLineBreaks(datagram);
  if (start === datagram.length) return refused('Empty Message');
  const tooLarge = datagram.length - start > MAX_MESSAGE_BYTES;
  const bytes = tooLarge ? datagram.subarray(0, start + MAX_MESSAGE_BYTES) : datagram;
  const headEnd = endOfHead(bytes, start);
  const bodyStart = headEnd < 0 ? bytes.length : headEnd;
  const head = readHead(bytes.toString('utf8', start, bodyStart));
  if (tooLarge) return assemble(head, EMPTY_BODY, TOO_LARGE);
  if (headEnd < 0) return assemble(head, EMPTY_BODY, NO_BLANK_LINE);
  const length = head.bodyLength ?? bytes.length - bodyStart;
  if (typeof length === 'object') return assemble(head, EMPTY_BODY, length);
  if (length > bytes.length - bodyStart) return assemble(head, EMPTY_BODY, SHORT_BODY);
  if (length === 0) return assemble(head, EMPTY_BODY);
  return assemble(head, bytes.subarray(bodyStart, bodyStart + length));
}

const TOO_LARGE: ParseError = { status: 513, reason: 'Message Too Large' };
const NO_BLANK_LINE: ParseError = { status: 400, reason: 'Headers Not Ended' };
const SHORT_BODY: ParseError = { status: 400, reason: 'Body Shorter Than Content-Length' };
