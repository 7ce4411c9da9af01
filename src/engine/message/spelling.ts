import { knownName } from './names';

/**
 * Names in the IANA registry's spelling (RFC 3968) that are not an upper-case letter at the start and
 * behind each hyphen.
 */
const IRREGULAR = [
  'Content-ID',
  'DC-Info',
  'P-Access-Network-Info',
  'P-Associated-URI',
  'P-Called-Party-ID',
  'P-DCS-Billing-Info',
  'P-DCS-LAES',
  'P-DCS-OSPS',
  'P-DCS-Redirect',
  'P-DCS-Trace-Party-ID',
  'P-Refused-URI-List',
  'P-Visited-Network-ID',
  'Policy-ID',
  'Remote-Party-ID',
  'SIP-ETag',
  'SIP-If-Match',
  'Session-ID',
  'User-to-User',
  'WWW-Authenticate',
];

const SPELLINGS = new Map(IRREGULAR.map((name) => [name.toLowerCase(), name]));

/**
 * A header name as it goes on the wire. Names the RFCs know are spelled as they spell them, compact
 * ones in full; others are left as they are when they were written with an upper-case letter, or
 * begin with `X-`. What is all lower case (drachtio-srf writes most names so) gets an upper-case letter
 * at the start and behind each hyphen.
 */
export function wireName(name: string): string {
  const lower = name.toLowerCase();
  const known = knownName(name)?.long ?? SPELLINGS.get(lower);
  if (known !== undefined) return known;
  if (name !== lower || lower.startsWith('x-')) return name;
  return lower.replace(/(^|-)([a-z])/g, (_, dash, letter) => `${dash}${letter.toUpperCase()}`);
}
