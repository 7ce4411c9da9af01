import type { ParseError, ParseResult } from './parse-result';

/** What came out of a stream. */
export type Framed =
  | { readonly kind: 'message'; readonly result: ParseResult; readonly bytes: number }
  /** RFC 5626 §3.5.1: a double CRLF; answer with one CRLF. */
  | { readonly kind: 'ping' }
  /** The stream cannot be read any further and is to be closed, after an answer if it has one. */
  | { readonly kind: 'broken'; readonly error: ParseError; readonly result: ParseResult };

/** Cuts a byte stream into messages: RFC 3261 §18.3. */
export class MessageFramer {
  /** Takes the next bytes, however split, and gives what is complete now. */
  push(_chunk: Buffer): readonly Framed[] {
    return [];
  }
}
