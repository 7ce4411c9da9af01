import { Lexicon } from '../core';
import type { EngineMessage, MessageHeader, SipMessage } from './types';

/** Compact header names: RFC 3261 §7.3.3 and the registry's later ones. */
const LONG_NAME: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

const canonical = new Lexicon((name) => {
  const lower = name.toLowerCase();
  return lower.length === 1 ? (LONG_NAME[lower] ?? lower) : lower;
});

/** The lower-case long form of a header name: what names are compared by. */
export function canonicalName(name: string): string {
  return canonical.of(name);
}

/** What an engine delivers: text, or from one in this process the parts of it. */
export type Content = string | EngineMessage;

/**
 * A message that the engine delivered. drachtio-srf folds repeated headers into one
 * line with commas, which ruins those whose values contain commas; so text is read here, once and
 * only when somebody asks.
 */
export class EngineDelivery implements SipMessage {
  #text = '';
  /** Until they are taken: a call keeps its messages, and need not keep the engine's. */
  #lines: EngineMessage['headers'] | undefined;
  /** Until the body is read: it may be a small part of much that was read at once. */
  #octets: Buffer | undefined;
  #headers: readonly MessageHeader[] | undefined;
  #body: string | undefined;

  constructor(content: Content) {
    if (typeof content === 'string') {
      this.#text = content;
    } else {
      this.#lines = content.headers;
      this.#octets = content.body;
    }
  }

  get headers(): readonly MessageHeader[] {
    return (this.#headers ??= this.#lines ? this.#take(this.#lines) : this.#read(this.#text));
  }

  get body(): string {
    if (this.#body === undefined) {
      this.#body = this.#octets?.toString('utf8') ?? this.#readBody(this.#text);
      this.#octets = undefined;
    }
    return this.#body;
  }

  header(name: string): string | undefined {
    const wanted = canonicalName(name);
    let joined: string | undefined;
    for (const { key, value } of this.headers) {
      if (key === wanted) joined = joined === undefined ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  #take(lines: EngineMessage['headers']): readonly MessageHeader[] {
    this.#lines = undefined;
    return lines.map(({ name, value }) => headerOf(name, value));
  }

  #read(text: string): readonly MessageHeader[] {
    const end = text.indexOf('\r\n\r\n');
    const head = end < 0 ? text : text.slice(0, end);
    const lines = head.split('\r\n');
    const headers: MessageHeader[] = [];
    for (let i = 1; i < lines.length; i++) {
      const line = lines[i]!;
      const first = line.charCodeAt(0);
      const last = headers.length - 1;
      // RFC 3261 §7.3.1: a line that begins with white space continues the one before.
      if ((first === 32 || first === 9) && last >= 0) {
        const { name, value } = headers[last]!;
        headers[last] = headerOf(name, `${value} ${line.trim()}`);
        continue;
      }
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      headers.push(headerOf(line.slice(0, colon).trimEnd(), line.slice(colon + 1)));
    }
    return headers;
  }

  #readBody(text: string): string {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return '';
    const rest = text.slice(end + 4);
    const length = Number.parseInt(this.header('content-length') ?? '', 10);
    // What follows the announced length is no part of the message (RFC 3261 §18.3). Octets are
    // never fewer than characters, so the usual case needs no counting.
    if (!(length >= 0) || rest.length <= length) return rest;
    return Buffer.from(rest, 'utf8').subarray(0, length).toString('utf8');
  }
}

function headerOf(name: string, value: string): MessageHeader {
  return { key: canonicalName(name), name, value: value.trim() };
}

/** The tag of a From or To value; undefined when it has none. */
export function tagOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  // Parameters of a URI in angle brackets are not the header's (RFC 3261 §20.10).
  const params = value.slice(value.lastIndexOf('>') + 1);
  return /;\s*tag\s*=\s*([^;\s,]+)/i.exec(params)?.[1];
}
