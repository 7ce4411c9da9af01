/** A Content-Type or Content-Disposition value: RFC 3261 §20.15, §20.11. */
export interface MediaType {
  /** Lower case, without parameters: `multipart/mixed`, `session`. Empty when nothing was given. */
  readonly value: string;
  /** Parameter values by lower-case name, unquoted. A repeated parameter keeps its first value. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads `type/subtype;name=token;name="quoted \" string"`. Never throws: what is odd is left out. */
export function parseMediaType(text: string | undefined): MediaType {
  const parameters = new Map<string, string>();
  if (!text) return { value: '', parameters };
  const [first = '', ...rest] = splitOutsideQuotes(text);
  for (const piece of rest) {
    const equals = piece.indexOf('=');
    const name = (equals === -1 ? piece : piece.slice(0, equals)).trim().toLowerCase();
    const value = equals === -1 ? '' : unquote(piece.slice(equals + 1).trim());
    if (name !== '' && !parameters.has(name)) parameters.set(name, value);
  }
  return { value: first.trim().toLowerCase(), parameters };
}

/** Splits at semicolons that are not inside a quoted string. */
function splitOutsideQuotes(text: string): string[] {
  const pieces: string[] = [];
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === ';' && !quoted) {
      pieces.push(text.slice(start, i));
      start = i + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const inner = text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
  return inner.replace(/\\(.)/gs, '$1');
}
