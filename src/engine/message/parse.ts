import type { ParseResult } from './parse-result';

/** One datagram. Never throws, on any bytes. */
export function parse(_datagram: Buffer): ParseResult {
  return { ok: false, error: { status: 400, reason: 'Not parsed' } };
}
