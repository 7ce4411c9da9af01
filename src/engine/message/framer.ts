import { assemble } from './assemble';
import { endOfHead, type Head, readHead } from './head';
import { MAX_MESSAGE_BYTES } from './limits';
import { EMPTY_BODY } from './message';
import type { ParseError, ParseResult } from './parse-result';

/** What came out of a stream. */
export type Framed =
  | {
      readonly kind: 'message';
      readonly result: ParseResult;
      /** Of the message on the wire. */
      readonly bytes: number;
    }
  /** RFC 5626 §4.4.1: a double CRLF; answer with one CRLF. Several at once are told once. */
  | { readonly kind: 'ping' }
  /** The stream cannot be read any further: close it, after the answer if there is one to give. */
  | { readonly kind: 'broken'; readonly result: ParseResult };

type State =
  /** Between messages: line breaks are skipped, and pairs of them are keep-alives. */
  | { readonly kind: 'gap' }
  /** Inside the headers, of which the first `scanned` bytes hold no end. */
  | { readonly kind: 'head'; readonly scanned: number }
  /** Headers read; the message is whole at `length` bytes. */
  | { readonly kind: 'body'; readonly head: Head; readonly start: number; readonly length: number }
  | { readonly kind: 'broken' };

const CR = 0x0d;
const LF = 0x0a;

/**
 * Cuts a byte stream into messages: RFC 3261 §18.3.
 *
 * ```
 *   gap ──first byte──▶ head ──blank line──▶ body ──Content-Length bytes──▶ gap
 *                        └──too long, or no usable Content-Length──▶ broken
 * ```
 *
 * Holds at most one message and one chunk. Work is in proportion to the bytes, however they are
 * split. Bodies share memory with the chunks.
 */
export class MessageFramer {
  #state: State = { kind: 'gap' };
  readonly #bytes = new Unread();
  #lineFeeds = 0;

  /** Whether a message has begun and is not complete. */
  get isMidMessage(): boolean {
    return this.#state.kind === 'head' || this.#state.kind === 'body';
  }

  /** Takes the next bytes, however split, and gives what is complete now. */
  push(chunk: Buffer): readonly Framed[] {
    const framed: Framed[] = [];
    if (this.#state.kind === 'broken') return framed;
    this.#bytes.append(chunk);
    let pinged = false;
    for (let next = this.#step(); next !== undefined; next = this.#step()) {
      if (next.kind === 'ping' && pinged) continue;
      pinged ||= next.kind === 'ping';
      framed.push(next);
    }
    return framed;
  }

  /** The next thing that is complete; undefined when more bytes are needed. */
  #step(): Framed | undefined {
    if (this.#state.kind === 'gap') {
      const ping = this.#skipGap();
      if (ping) return ping;
    }
    if (this.#state.kind === 'head') {
      const broken = this.#readHead(this.#state.scanned);
      if (broken) return broken;
    }
    return this.#state.kind === 'body' ? this.#readBody(this.#state) : undefined;
  }

  #skipGap(): Framed | undefined {
    const { view } = this.#bytes;
    for (let at = 0; at < view.length; at++) {
      const byte = view[at];
      if (byte === LF) {
        this.#lineFeeds += 1;
        if (this.#lineFeeds === 2) {
          this.#lineFeeds = 0;
          this.#bytes.consume(at + 1);
          return { kind: 'ping' };
        }
      } else if (byte !== CR) {
        this.#lineFeeds = 0;
        this.#bytes.consume(at);
        this.#state = { kind: 'head', scanned: 0 };
        return undefined;
      }
    }
    this.#bytes.consume(view.length);
    return undefined;
  }

  #readHead(scanned: number): Framed | undefined {
    const { view } = this.#bytes;
    const end = endOfHead(view, scanned);
    if (end < 0) {
      if (view.length > MAX_MESSAGE_BYTES) return this.#break(view.length, TOO_LARGE);
      // The end may have begun in the last two bytes.
      this.#state = { kind: 'head', scanned: Math.max(0, view.length - 2) };
      return undefined;
    }
    const head = readHead(view.toString('utf8', 0, end));
    const body = head.bodyLength ?? NO_LENGTH;
    if (typeof body === 'object') return this.#break(end, body);
    if (end + body > MAX_MESSAGE_BYTES) return this.#break(end, TOO_LARGE);
    this.#state = { kind: 'body', head, start: end, length: end + body };
    return undefined;
  }

  #readBody({ head, start, length }: State & { kind: 'body' }): Framed | undefined {
    const { view } = this.#bytes;
    if (view.length < length) return undefined;
    const body = start === length ? EMPTY_BODY : view.subarray(start, length);
    this.#bytes.consume(length);
    this.#state = { kind: 'gap' };
    return { kind: 'message', result: assemble(head, body), bytes: length };
  }

  #break(headLength: number, fault: ParseError): Framed {
    const head = readHead(
      this.#bytes.view.toString('utf8', 0, Math.min(headLength, MAX_MESSAGE_BYTES)),
    );
    this.#bytes.consume(this.#bytes.view.length);
    this.#state = { kind: 'broken' };
    return { kind: 'broken', result: assemble(head, EMPTY_BODY, fault) };
  }
}

const TOO_LARGE: ParseError = { status: 513, reason: 'Message Too Large' };
const NO_LENGTH: ParseError = { status: 400, reason: 'Missing Content-Length' };

/**
 * Bytes received and not yet used. One chunk is kept as it came; more are gathered in a store that
 * grows by doubling. What was consumed may still be in use by a body and is never written again.
 */
class Unread {
  view: Buffer = EMPTY_BODY;
  #store: Buffer | undefined;

  append(chunk: Buffer): void {
    if (this.view.length === 0) {
      this.view = chunk;
      this.#store = undefined;
      return;
    }
    const length = this.view.length + chunk.length;
    let store = this.#store;
    if (!store || store.length < length) {
      store = Buffer.allocUnsafeSlow(Math.max(4096, 2 * length));
      this.view.copy(store);
      this.#store = store;
    }
    chunk.copy(store, this.view.length);
    this.view = store.subarray(0, length);
  }

  consume(bytes: number): void {
    if (bytes === 0) return;
    this.view = this.view.subarray(bytes);
    this.#store = undefined;
  }
}
