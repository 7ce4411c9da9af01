/** A header name resolved for matching: RFC 3261 §7.3.1 (case), §7.3.3 (compact forms). */
export interface HeaderName {
  /** As written out, e.g. `Call-ID`. */
  readonly long: string;
  readonly lower: string;
  /** One lower-case letter, or undefined. */
  readonly compact: string | undefined;
}

/** Compact forms registered with IANA. */
const COMPACT: Readonly<Record<string, string>> = {
  'Accept-Contact': 'a',
  'Allow-Events': 'u',
  'Call-ID': 'i',
  Contact: 'm',
  'Content-Encoding': 'e',
  'Content-Length': 'l',
  'Content-Type': 'c',
  Event: 'o',
  From: 'f',
  Identity: 'y',
  'Identity-Info': 'n',
  'Refer-To': 'r',
  'Referred-By': 'b',
  'Reject-Contact': 'j',
  'Request-Disposition': 'd',
  'Session-Expires': 'x',
  Subject: 's',
  Supported: 'k',
  To: 't',
  Via: 'v',
};

/** Names without a compact form that most messages carry: resolved without allocating. */
const COMMON = [
  'Accept',
  'Allow',
  'Authorization',
  'CSeq',
  'Content-Disposition',
  'Expires',
  'Max-Forwards',
  'Min-Expires',
  'Min-SE',
  'MIME-Version',
  'P-Asserted-Identity',
  'Proxy-Authorization',
  'Proxy-Require',
  'RAck',
  'RSeq',
  'Reason',
  'Record-Route',
  'Replaces',
  'Require',
  'Retry-After',
  'Route',
  'Server',
  'Subscription-State',
  'Unsupported',
  'User-Agent',
  'Warning',
];

/** Length of the longest name in the tables above. */
const LONGEST = 19;
const KNOWN = new Map<string, HeaderName>();
for (const long of [...Object.keys(COMPACT), ...COMMON]) {
  const name: HeaderName = { long, lower: long.toLowerCase(), compact: COMPACT[long] };
  KNOWN.set(long, name);
  KNOWN.set(name.lower, name);
  if (name.compact) {
    KNOWN.set(name.compact, name);
    KNOWN.set(name.compact.toUpperCase(), name);
  }
}

/** The resolution of a common name in any case, long or compact. */
export function knownName(name: string): HeaderName | undefined {
  return KNOWN.get(name) ?? (name.length <= LONGEST ? KNOWN.get(name.toLowerCase()) : undefined);
}

/** Resolves a name in any case, long or compact. An unknown name is its own long form. */
export function headerName(name: string): HeaderName {
  return knownName(name) ?? { long: name, lower: name.toLowerCase(), compact: undefined };
}

/** Whether a header written as `name` is the one wanted. */
export function isHeader(name: string, wanted: HeaderName): boolean {
  if (name === wanted.long) return true;
  const { lower } = wanted;
  if (name.length === lower.length) return mayBe(name, lower) && name.toLowerCase() === lower;
  return name.length === 1 && name.toLowerCase() === wanted.compact;
}

/** By their first and last letters, which tell nearly all names apart without making another string. */
function mayBe(name: string, lower: string): boolean {
  const last = lower.length - 1;
  return isSameLetter(name, lower, 0) && isSameLetter(name, lower, last);
}

function isSameLetter(name: string, lower: string, at: number): boolean {
  const code = name.charCodeAt(at);
  const wanted = lower.charCodeAt(at);
  return code === wanted || code + LOWER_CASE === wanted;
}

/** From an upper-case letter to its lower-case one. */
const LOWER_CASE = 0x20;
