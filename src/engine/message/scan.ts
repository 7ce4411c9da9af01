const HTAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LEFT_ANGLE = 0x3c;
const RIGHT_ANGLE = 0x3e;

/** The first position at or after `from` that is neither space nor tab. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== HTAB) break;
  }
  return at;
}

/** `text` from `from` to `to` without spaces and tabs at either end. Other blanks are content. */
export function trimmed(text: string, from = 0, to = text.length): string {
  const start = skipSpace(text, from);
  let end = to;
  for (; end > start; end--) {
    const code = text.charCodeAt(end - 1);
    if (code !== SPACE && code !== HTAB) break;
  }
  return text.slice(start, end);
}

/** The position after a quoted string that opens at `from`, or -1 when it never closes. */
export function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return -1;
}

/** The text of a quoted string with its escapes resolved; any other text as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE || !text.endsWith('"')) return text;
  const inner = text.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner;
}

/** `text` as a quoted string: RFC 3261 §25.1. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * The parts of a comma-separated value, trimmed. Commas inside quoted strings and angle brackets do
 * not separate. Empty parts are kept as '' for the caller to judge; an empty value has no parts.
 */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return value === '' ? [] : [value];
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfQuoted(value, at);
      if (end < 0) break;
      at = end - 1;
    } else if (code === LEFT_ANGLE) {
      const end = value.indexOf('>', at);
      if (end < 0) break;
      at = end;
    } else if (code === 0x2c) {
      parts.push(trimmed(value, start, at));
      start = at + 1;
    }
  }
  parts.push(trimmed(value, start));
  return parts;
}

/** The first position that holds no decimal digit. */
export function endOfDigits(text: string): number {
  let at = 0;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
  }
  return at;
}

/** Unsigned decimal digits only, at most `max`; undefined for anything else. */
export function parseUnsigned(text: string, max: number): number | undefined {
  if (text.length === 0) return undefined;
  let number = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
    if (number > max) return undefined;
  }
  return number;
}

/** Without line breaks, and without NULs but those RFC 3261 §25.1 lets stand behind a backslash. */
export function oneLine(text: string): string {
  return UNSAFE.test(text) ? text.replace(/[\r\n]+[ \t]*|(?<!\\)\0/g, ' ') : text;
}

const UNSAFE = /[\r\n\0]/;

/** RFC 3261 §25.1 token, at least one character. */
export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (!TOKEN_CHARS[text.charCodeAt(at)]) return false;
  }
  return text.length > 0;
}

const TOKEN_CHARS: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  /[A-Za-z0-9\-.!%*_+`'~]/.test(String.fromCharCode(code)),
);

export const CODE = {
  HTAB,
  SPACE,
  QUOTE,
  BACKSLASH,
  LEFT_ANGLE,
  RIGHT_ANGLE,
  COMMA: 0x2c,
  COLON: 0x3a,
  SEMICOLON: 0x3b,
  EQUALS: 0x3d,
  LEFT_BRACKET: 0x5b,
} as const;
