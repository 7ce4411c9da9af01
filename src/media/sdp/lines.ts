import { Fault } from '../../core';

/** What reading a description comes to: the value, or OFFER_NOT_UNDERSTOOD with the reason. */
export type SdpResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: Fault };

/** One line, `<type>=<value>` (RFC 4566 §5). */
export interface SdpLine {
  readonly type: string;
  readonly value: string;
}

/** The m= line (RFC 4566 §5.14). */
export interface MediaLineFields {
  /** Lower case: `audio`, `video`, `image` ... */
  readonly kind: string;
  readonly port: number;
  /** As received: `RTP/AVP`, `udptl` ... */
  readonly protocol: string;
  readonly formats: readonly string[];
}

/** An m= line and the lines below it. */
export interface MediaSection {
  readonly fields: MediaLineFields;
  /** Without the m= line itself. */
  readonly lines: readonly SdpLine[];
}

/** A description as lines, in order. */
export interface Sections {
  readonly session: readonly SdpLine[];
  readonly media: readonly MediaSection[];
}

/** Larger than any offer met, smaller than any harm. */
const MAX_TEXT = 64 * 1024;
const MAX_LINES = 2_000;
const MAX_MEDIA = 64;
const MAX_FORMATS = 256;

/**
 * Divides a description into its sections. Liberal about line ends and about lines that are no SDP,
 * which are left out; strict about what a relay builds on: the beginning and the m= lines.
 */
export function readSections(text: string): SdpResult<Sections> {
  if (text.length > MAX_TEXT) return refuse(`${text.length} characters`);
  const lines = linesOf(text);
  if (lines.length > MAX_LINES) return refuse(`${lines.length} lines`);
  const session: SdpLine[] = [];
  const media: Array<{ fields: MediaLineFields; lines: SdpLine[] }> = [];
  for (const line of lines) {
    if (line.charCodeAt(1) !== EQUALS || !isLowerCase(line.charCodeAt(0))) continue;
    const type = line[0]!;
    const value = line.slice(2).trimEnd();
    if (session.length === 0 && type !== 'v') return refuse('it does not begin with v=');
    if (type !== 'm') {
      (media.at(-1)?.lines ?? session).push({ type, value });
      continue;
    }
    const fields = readMediaLine(value);
    if (!fields) return refuse(`m=${value.slice(0, 60)}`);
    media.push({ fields, lines: [] });
    if (media.length > MAX_MEDIA) return refuse(`more than ${MAX_MEDIA} media`);
  }
  if (session.length === 0) return refuse('it is empty');
  return { ok: true, value: { session, media } };
}

/** The usual line ends are one look for LF each: CR before it is white space at the end of the line. */
function linesOf(text: string): string[] {
  if (/\r(?!\n)/.test(text)) return text.split(/\r\n|\n|\r/);
  const lines: string[] = [];
  let from = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    lines.push(text.slice(from, end));
    from = end + 1;
  }
  lines.push(text.slice(from));
  return lines;
}

const EQUALS = 0x3d;

function isLowerCase(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

/** Name and value of an a= line; a property has no value. */
export function attribute(line: SdpLine): { readonly name: string; readonly value: string } {
  const colon = line.value.indexOf(':');
  if (colon < 0) return { name: line.value.trim(), value: '' };
  return { name: line.value.slice(0, colon).trim(), value: line.value.slice(colon + 1).trim() };
}

/** Of the value of an a= line. */
export function attributeName(value: string): string {
  const colon = value.indexOf(':');
  return (colon < 0 ? value : value.slice(0, colon)).trim();
}

export function refuse(reason: string): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: new Fault('OFFER_NOT_UNDERSTOOD', reason) };
}

function readMediaLine(value: string): MediaLineFields | undefined {
  const [kind, ports = '', protocol, ...formats] = value.trim().split(/ +/);
  // A number of ports (`49170/2`) is read over: one pair is all that is relayed.
  const port = /^(\d{1,5})(?:\/\d+)?$/.exec(ports)?.[1];
  if (!kind || !protocol || port === undefined || Number(port) > 0xffff) return undefined;
  if (formats.length > MAX_FORMATS) return undefined;
  return { kind: kind.toLowerCase(), port: Number(port), protocol, formats };
}
