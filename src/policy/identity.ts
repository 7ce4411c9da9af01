/** How a party of a call is known: a telephone number, an address of record, or both. */
export interface Identity {
  /** `+15550123` or an extension, normalised; undefined when the user part is no number. */
  readonly number: string | undefined;
  /** `alice@example.com`: user as RFC 3261 compares it, host in lower case; undefined for tel URIs. */
  readonly aor: string | undefined;
}

/** How numbers that are not written internationally are to be read. Without it they stay as dialled. */
export interface DialPlan {
  /** Country calling code, digits only: `1`, `44`. */
  readonly countryCode: string;
  /** What comes before a national number when dialled at home, such as `0`; may be empty. */
  readonly nationalPrefix: string;
  /** What comes before a country calling code: `00`, `011`. */
  readonly internationalPrefix: string;
  /** Numbers of fewer digits are extensions and stay as they are. */
  readonly shortestNational: number;
}

const URI = /^(?:(sips?|tel):)?(?:([^@]*)@)?([^;?]*)/i;
const VISUAL_SEPARATORS = /[\s().\-/]/g;
const NUMBER = /^\+?[0-9A-Da-d*#]{1,32}$/;

/**
 * Reads a URI, or a bare number or `user@host`. Parameters, port and password are no part of an
 * identity (RFC 3261 §10.3 step 5). Undefined when it names nobody.
 */
export function identityOf(text: string, plan?: DialPlan): Identity | undefined {
  const [, scheme, userinfo, rest = ''] = URI.exec(text.trim()) ?? [];
  if (scheme?.toLowerCase() === 'tel' || (scheme === undefined && userinfo === undefined)) {
    const number = normaliseNumber(rest, plan);
    return number === undefined ? undefined : { number, aor: undefined };
  }
  // Parameters of a telephone number inside a SIP URI follow its user part (RFC 3261 §19.1.6).
  const user = unescaped(userinfo?.split(/[;:]/, 1)[0] ?? '');
  if (user === '') return undefined;
  return { number: normaliseNumber(user, plan), aor: `${user}@${hostOf(rest)}` };
}

/** Digits, `*`, `#` and a leading `+`, without what people put between them; undefined if no number. */
export function normaliseNumber(text: string, plan?: DialPlan): string | undefined {
  const bare = text.replace(VISUAL_SEPARATORS, '');
  if (!NUMBER.test(bare)) return undefined;
  if (!plan || bare.startsWith('+') || bare.length < plan.shortestNational) return bare;
  const { countryCode, internationalPrefix, nationalPrefix } = plan;
  if (internationalPrefix !== '' && bare.startsWith(internationalPrefix)) {
    return `+${bare.slice(internationalPrefix.length)}`;
  }
  if (nationalPrefix !== '' && bare.startsWith(nationalPrefix)) {
    return `+${countryCode}${bare.slice(nationalPrefix.length)}`;
  }
  return `+${countryCode}${bare}`;
}

/** From this many digits on, a number with and without its `+` is the same. */
const DIGITS_OF_A_WORLDWIDE_NUMBER = 8;

/** Under which a normalised number is looked up: trunks write `+15550100` and `15550100` for the same. */
export function numberKey(number: string): string {
  const digits = number.startsWith('+') ? number.slice(1) : number;
  return digits.length >= DIGITS_OF_A_WORLDWIDE_NUMBER ? digits : number;
}

/** Whether two URIs name the same party: by number, else by address of record. */
export function sameIdentity(one: string, other: string): boolean {
  const [a, b] = [identityOf(one), identityOf(other)];
  if (!a || !b) return one === other;
  if (a.number !== undefined && b.number !== undefined) {
    return numberKey(a.number) === numberKey(b.number);
  }
  return a.aor !== undefined && a.aor === b.aor;
}

function hostOf(hostport: string): string {
  const host = hostport.startsWith('[')
    ? hostport.slice(0, hostport.indexOf(']') + 1)
    : hostport.split(':', 1)[0]!;
  return host.toLowerCase();
}

/** RFC 3261 §19.1.4: an escaped character is the same as the character. */
function unescaped(user: string): string {
  if (!user.includes('%')) return user;
  return user.replace(/%([0-7][0-9A-Fa-f])/g, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
