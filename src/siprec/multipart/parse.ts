import { parseMediaType } from './media-type';

/** One entity of a SIP message body: RFC 2046 §5.1, RFC 5621 §3. */
export interface BodyPart {
  /** Lower-case media type without parameters; '' when the part names none. */
  readonly type: string;
  /** Lower-case disposition type without parameters; '' when the part names none. */
  readonly disposition: string;
  /** Every header of the part as received, unfolded. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly content: string;
}

/** What a body came apart into, or the sentence that says why it did not. */
export type BodyParts =
  | { readonly kind: 'parts'; readonly parts: readonly BodyPart[] }
  | { readonly kind: 'refused'; readonly problem: string };

/** The headers of a message that describe its body, as received. */
export interface BodyDescription {
  readonly contentType: string | undefined;
  readonly contentDisposition?: string | undefined;
}

/** A recorded conference with fifty parties stays below a tenth of this. */
const MAX_BODY_CHARACTERS = 256 * 1024;
const MAX_PARTS = 16;
const MAX_HEADERS = 32;
/** RFC 2046 §5.1.1 allows 70; the field is not always so short. */
const MAX_BOUNDARY = 200;

const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})[ \t]*:(.*)$/s;

/**
 * Takes a SIP body apart, multipart or not: a plain body is one part. Lines may end in CRLF or LF,
 * there may be a preamble and an epilogue, the last delimiter may be missing, and a boundary that the
 * header forgot is taken from the first line that looks like one. Nested multiparts are refused.
 * Never throws.
 */
export function parseBody(description: BodyDescription, body: string): BodyParts {
  if (body.length > MAX_BODY_CHARACTERS) {
    return refused(`a body of ${body.length} characters, at most ${MAX_BODY_CHARACTERS} are read`);
  }
  const type = parseMediaType(description.contentType);
  if (!type.value.startsWith('multipart/')) {
    if (body === '') return { kind: 'parts', parts: [] };
    const headers: Array<readonly [string, string]> = [];
    if (description.contentType) headers.push(['Content-Type', description.contentType]);
    if (description.contentDisposition) {
      headers.push(['Content-Disposition', description.contentDisposition]);
    }
    return { kind: 'parts', parts: [part(headers, body)] };
  }
  const boundary = type.parameters.get('boundary') || firstDelimiter(body);
  if (boundary === undefined) return refused('a multipart body without a boundary');
  if (boundary.length > MAX_BOUNDARY) {
    return refused(`a boundary of ${boundary.length} characters, at most ${MAX_BOUNDARY} are read`);
  }
  return splitParts(body, boundary);
}

function splitParts(body: string, boundary: string): BodyParts {
  const parts: BodyPart[] = [];
  // Every delimiter is preceded by a line end, the first one too now.
  const text = `\n${body}`;
  let opening = nextDelimiter(text, boundary, 0);
  // A delimiter that nothing follows opens no part.
  while (opening && !opening.closing && opening.end + 1 < text.length) {
    const following = nextDelimiter(text, boundary, opening.end);
    const entity = parseEntity(text.slice(opening.end + 1, following?.start));
    if (entity === undefined) return refused(`a part with more than ${MAX_HEADERS} headers`);
    if (entity.type.startsWith('multipart/')) return refused('a multipart inside a multipart');
    if (parts.push(entity) > MAX_PARTS) return refused(`more than ${MAX_PARTS} parts`);
    opening = following;
  }
  return parts.length > 0 ? { kind: 'parts', parts } : refused('a multipart body without a part');
}

interface Delimiter {
  /** The line end before the delimiter belongs to it (RFC 2046 §5.1.1): where that begins. */
  readonly start: number;
  /** The newline after it, or the end of the text. */
  readonly end: number;
  readonly closing: boolean;
}

/** The next line that is `--boundary` or `--boundary--` and blanks; `from` may be its line end. */
function nextDelimiter(text: string, boundary: string, from: number): Delimiter | undefined {
  const mark = `\n--${boundary}`;
  for (let at = text.indexOf(mark, from); at !== -1; at = text.indexOf(mark, at + 1)) {
    let end = at + mark.length;
    const closing = text.startsWith('--', end);
    if (closing) end += 2;
    while (text[end] === ' ' || text[end] === '\t') end++;
    if (text[end] === '\r') end++;
    if (end < text.length && text[end] !== '\n') continue;
    const start = at > from && text[at - 1] === '\r' ? at - 1 : at;
    return { start, end, closing };
  }
  return undefined;
}

function firstDelimiter(body: string): string | undefined {
  const line = /^--([^\r\n]{1,200}?)[ \t]*\r?$/m.exec(body.slice(0, 4096));
  return line?.[1];
}

/** Headers, a blank line, content. A first line that is no header begins the content. */
function parseEntity(text: string): BodyPart | undefined {
  const headers: Array<[name: string, value: string]> = [];
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
    const next = Math.min(end + 1, text.length);
    if (line === '') {
      at = next;
      break;
    }
    const previous = headers.at(-1);
    if ((line[0] === ' ' || line[0] === '\t') && previous) {
      previous[1] = `${previous[1]} ${line.trim()}`;
    } else {
      const header = HEADER_LINE.exec(line);
      if (!header) break;
      if (headers.length === MAX_HEADERS) return undefined;
      headers.push([header[1]!, header[2]!.trim()]);
    }
    at = next;
  }
  return part(headers, text.slice(at));
}

function part(headers: ReadonlyArray<readonly [string, string]>, content: string): BodyPart {
  return {
    type: parseMediaType(headerOf(headers, 'content-type', 'c')).value,
    disposition: parseMediaType(headerOf(headers, 'content-disposition')).value,
    headers,
    content,
  };
}

function headerOf(
  headers: ReadonlyArray<readonly [string, string]>,
  ...names: readonly string[]
): string | undefined {
  return headers.find(([name]) => names.includes(name.toLowerCase()))?.[1];
}

function refused(problem: string): BodyParts {
  return { kind: 'refused', problem };
}
