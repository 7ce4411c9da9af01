import { HeaderLine } from './header-line';
import { MAX_HEADERS, MAX_LINE_CHARS, MAX_MESSAGE_BYTES } from './limits';
import { knownName } from './names';
import type { ParseError } from './parse-result';
import { isToken, oneLine, parseUnsigned, trimmed } from './scan';

/** Headers of which a message has one, and which decide what the message is part of. */
type Single = 'Call-ID' | 'CSeq' | 'From' | 'Max-Forwards' | 'To';

/** Start line and headers as read, with the first thing found wrong in them. */
export interface Head {
  readonly startLine: string;
  readonly headers: readonly HeaderLine[];
  /** The first of each, for the checks that every message goes through. */
  readonly single: Readonly<Partial<Record<Single, HeaderLine>>>;
  readonly via: HeaderLine | undefined;
  readonly contact: HeaderLine | undefined;
  /** Content-Length, or why the body's end cannot be told; undefined when there is none. */
  readonly bodyLength: number | ParseError | undefined;
  readonly fault: ParseError | undefined;
}

const CR = 0x0d;
const LF = 0x0a;

/** The offset behind the blank line that ends the headers, or -1. Lines end in CRLF or bare LF. */
export function endOfHead(bytes: Buffer, from: number): number {
  const last = bytes.length - 1;
  for (let at = from; at < last; at++) {
    if (bytes[at] !== LF) continue;
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** The offset of the first byte that is no line break: RFC 3261 §7.5. */
export function skipLineBreaks(bytes: Buffer, from = 0): number {
  let at = from;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return at;
}

/** Reads start line and headers; `text` is everything before the body. */
export function readHead(text: string): Head {
  return new HeadReader(text).read();
}

class HeadReader {
  readonly #headers: HeaderLine[] = [];
  #callId: HeaderLine | undefined;
  #cseq: HeaderLine | undefined;
  #from: HeaderLine | undefined;
  #maxForwards: HeaderLine | undefined;
  #to: HeaderLine | undefined;
  #via: HeaderLine | undefined;
  #contact: HeaderLine | undefined;
  #bodyLength: number | ParseError | undefined;
  #fault: ParseError | undefined;
  #at = 0;
  readonly #hasNul: boolean;

  constructor(private readonly text: string) {
    this.#hasNul = text.includes('\0');
  }

  read(): Head {
    if (this.#hasNul) this.#checkNuls();
    const startLine = this.#line();
    if (startLine.length > MAX_LINE_CHARS) this.#found(513, 'Start Line Too Long');
    if (startLine.includes('\r')) this.#found(400, 'Bare CR in Start Line');
    while (this.#at < this.text.length) {
      const start = this.#at;
      const end = this.#endOfLine();
      if (end === start) break;
      if (this.#headers.length === MAX_HEADERS) {
        this.#found(513, 'Too Many Headers');
        break;
      }
      if (this.#continues()) this.#folded(start, end);
      else this.#header(this.text, start, end);
    }
    return {
      startLine,
      headers: this.#headers,
      single: {
        'Call-ID': this.#callId,
        CSeq: this.#cseq,
        From: this.#from,
        'Max-Forwards': this.#maxForwards,
        To: this.#to,
      },
      via: this.#via,
      contact: this.#contact,
      bodyLength: this.#bodyLength,
      fault: this.#fault,
    };
  }

  /** The line from `start` to `end` of `text`. */
  #header(text: string, start: number, end: number): void {
    const colon = text.indexOf(':', start);
    const isLine = colon >= 0 && colon < end;
    const written = isLine ? text.slice(start, colon).trimEnd() : '';
    const known = knownName(written);
    const value = isLine ? trimmed(text, colon + 1, end) : '';
    const fault = known || isToken(written) ? valueFault(value) : BAD_LINE;
    if (fault) {
      this.#fault ??= fault;
      // Where the body ends is then not known, whatever another line may say.
      if (known?.long === 'Content-Length') this.#bodyLength = fault;
      return;
    }
    const name = known?.long === written ? known.long : written;
    const header = new HeaderLine(name, this.#hasNul ? oneLine(value) : value);
    if (!known || this.#note(known.long, header)) this.#headers.push(header);
  }

  /** False for what only says again what another line has said: whoever reads both joins them. */
  #note(name: string, header: HeaderLine): boolean {
    switch (name) {
      case 'Via':
        this.#via ??= header;
        return true;
      case 'Contact':
        this.#contact ??= header;
        return true;
      case 'Content-Length':
        this.#bodyLength = contentLength(header.value, this.#bodyLength);
        return true;
      case 'Call-ID':
        return this.#isFirst(name, header, (this.#callId ??= header));
      case 'CSeq':
        return this.#isFirst(name, header, (this.#cseq ??= header));
      case 'From':
        return this.#isFirst(name, header, (this.#from ??= header));
      case 'Max-Forwards':
        return this.#isFirst(name, header, (this.#maxForwards ??= header));
      case 'To':
        return this.#isFirst(name, header, (this.#to ??= header));
      default:
        return true;
    }
  }

  /** False for one that only repeats the first of its name; one that says something else is a fault. */
  #isFirst(name: Single, header: HeaderLine, first: HeaderLine): boolean {
    if (first.value !== header.value) this.#found(400, `Conflicting ${name}`);
    return first === header;
  }

  /** Goes on behind the next line, and tells where that ends: at LF, with or without CR before it. */
  #endOfLine(): number {
    const { text } = this;
    const start = this.#at;
    const lf = text.indexOf('\n', start);
    const end = lf < 0 ? text.length : lf;
    this.#at = lf < 0 ? end : lf + 1;
    return end > start && text.charCodeAt(end - 1) === CR ? end - 1 : end;
  }

  #line(): string {
    const start = this.#at;
    return this.text.slice(start, this.#endOfLine());
  }

  #continues(): boolean {
    return this.#at < this.text.length && isBlank(this.text.charCodeAt(this.#at));
  }

  /** Joins continuation lines with one space each: RFC 3261 §7.3.1. */
  #folded(start: number, end: number): void {
    const pieces = [this.text.slice(start, end)];
    while (this.#continues()) pieces.push(trimmed(this.#line()));
    const line = pieces.join(' ');
    this.#header(line, 0, line.length);
  }

  /** RFC 3261 §25.1 knows NUL only behind a backslash in a quoted string. */
  #checkNuls(): void {
    const { text } = this;
    for (let at = text.indexOf('\0'); at >= 0; at = text.indexOf('\0', at + 1)) {
      if (text[at - 1] !== '\\') this.#found(400, 'NUL in Header');
    }
  }

  #found(status: ParseError['status'], reason: string): void {
    this.#fault ??= { status, reason };
  }
}

const BAD_LINE: ParseError = { status: 400, reason: 'Bad Header Line' };

function valueFault(value: string): ParseError | undefined {
  if (value.length > MAX_LINE_CHARS) return { status: 513, reason: 'Header Too Long' };
  // A carriage return alone ends a line for some readers: it could smuggle a header past us.
  if (value.includes('\r')) return { status: 400, reason: 'Bare CR in Header' };
  return undefined;
}

function contentLength(value: string, before: Head['bodyLength']): number | ParseError {
  const length = parseUnsigned(value, Number.MAX_SAFE_INTEGER);
  if (length === undefined) return { status: 400, reason: 'Bad Content-Length' };
  if (before !== undefined && before !== length) {
    return { status: 400, reason: 'Conflicting Content-Length' };
  }
  return length > MAX_MESSAGE_BYTES ? { status: 513, reason: 'Message Too Large' } : length;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
