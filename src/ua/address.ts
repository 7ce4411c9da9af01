/** A SIP or SIPS URI taken apart: RFC 3261 §19.1.1. Parts keep their escapes and case. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** User part with its parameters, without password. */
  readonly user: string | undefined;
  /** Lower case; IPv6 in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** `;transport=tcp;lr` as written, '' for none. */
  readonly params: string;
  /** `?Replaces=...` as written, '' for none. */
  readonly headers: string;
}

const URI =
  /^(sips?):(?:([^@\s<>"]*)@)?(\[[0-9A-Fa-f:.]+\]|[^\s:;?@<>"[\]]+)(?::(\d{1,5}))?(;[^?\s<>"]*)?(\?[^\s<>"]*)?$/i;

/** Undefined when it is no SIP URI. */
export function parseSipUri(text: string): SipUri | undefined {
  const match = URI.exec(text);
  if (!match) return undefined;
  const [, scheme, userinfo, host, port, params = '', headers = ''] = match;
  return {
    scheme: scheme!.toLowerCase() as SipUri['scheme'],
    user: userinfo?.split(':', 1)[0] || undefined,
    host: host!.toLowerCase(),
    port: port === undefined ? undefined : Number(port),
    params,
    headers,
  };
}

export function formatSipUri(uri: SipUri): string {
  const user = uri.user === undefined ? '' : `${uri.user}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  return `${uri.scheme}:${user}${uri.host}${port}${uri.params}${uri.headers}`;
}

/** The value of a URI parameter by its lower-case name; '' when it has none, undefined if absent. */
export function uriParam(uri: SipUri, name: string): string | undefined {
  if (uri.params === '') return undefined;
  for (const param of uri.params.split(';')) {
    const equals = param.indexOf('=');
    const key = equals < 0 ? param : param.slice(0, equals);
    if (key.trim().toLowerCase() === name) return equals < 0 ? '' : param.slice(equals + 1).trim();
  }
  return undefined;
}

/** A From, To, Contact or identity value: `"Alice" <sip:alice@host>;tag=1` (RFC 3261 §20.10). */
export interface NameAddr {
  /** Display name as written, quotes included; '' for none. */
  readonly display: string;
  readonly uri: string;
  /** `;tag=1;expires=60` as written, '' for none. */
  readonly params: string;
}

export function parseNameAddr(text: string): NameAddr {
  const open = indexOutsideQuotes(text, '<');
  if (open < 0) {
    // Without brackets, what follows a semicolon is the header's (RFC 3261 §20).
    const end = text.indexOf(';');
    const uri = end < 0 ? text : text.slice(0, end);
    return { display: '', uri: uri.trim(), params: end < 0 ? '' : text.slice(end).trim() };
  }
  const close = text.indexOf('>', open);
  const end = close < 0 ? text.length : close;
  return {
    display: text.slice(0, open).trim(),
    uri: text.slice(open + 1, end).trim(),
    params: text.slice(end + 1).trim(),
  };
}

export function formatNameAddr({ display, uri, params }: NameAddr): string {
  return `${display === '' ? '' : `${display} `}<${uri}>${params}`;
}

/** Splits a comma-separated header value; commas in quotes and in brackets are not separators. */
export function splitList(value: string): string[] {
  const items: string[] = [];
  let quoted = false;
  let bracketed = false;
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    const char = value[at];
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<') bracketed = true;
    else if (char === '>') bracketed = false;
    else if (char === ',' && !bracketed) {
      items.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  items.push(value.slice(start).trim());
  return items.filter((item) => item !== '');
}

function indexOutsideQuotes(text: string, wanted: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === wanted && !quoted) return at;
  }
  return -1;
}
