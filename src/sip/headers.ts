import type { SipMessage } from '../ua';

/**
 * What becomes of each header on its way from one leg to the other.
 *
 * - `hop`: belongs to the leg it came on. The engine writes the other leg's own, or there is none.
 * - `made`: written anew for the other leg by the procedure that sends the message.
 * - `body`: describes the body, and goes with it.
 * - `contact`: hop-bound, but in redirections it is the message (RFC 3261 §21.3).
 * - `product`: names the software: hidden, unless configured to pass.
 *
 * A header that is not listed is kept: identity and history (P-Asserted-Identity, P-Preferred-Identity,
 * Privacy, Identity, Diversion, History-Info, Referred-By), correlation (Session-ID, User-to-User,
 * P-Charging-Vector), presentation (Call-Info, Alert-Info, Subject, Priority, Organization), causes
 * (Reason, Warning, Retry-After, Unsupported), digest challenges and credentials, Geolocation,
 * Resource-Priority, X- headers, and what nobody has thought of yet.
 */
type Rule = 'hop' | 'made' | 'body' | 'contact' | 'product';

const HEADER_RULES: Readonly<Record<string, Rule>> = {
  // Transaction and dialog of the leg.
  via: 'hop',
  'max-forwards': 'made',
  'call-id': 'hop',
  cseq: 'hop',
  from: 'made',
  to: 'made',
  route: 'hop',
  'record-route': 'hop',
  contact: 'contact',
  'content-length': 'hop',
  timestamp: 'hop',
  // RFC 3262: sequence numbers are the leg's.
  rseq: 'hop',
  rack: 'hop',
  // RFC 4028: each leg has its own session timer, and the engine keeps it.
  'session-expires': 'hop',
  'min-se': 'hop',
  // RFC 3327, 3608, 5626, 3329, 5393: between neighbours.
  path: 'hop',
  'service-route': 'hop',
  'flow-timer': 'hop',
  'security-client': 'hop',
  'security-server': 'hop',
  'security-verify': 'hop',
  'max-breadth': 'hop',
  // What is possible end to end is what both sides and we can do.
  allow: 'made',
  supported: 'made',
  require: 'made',
  'proxy-require': 'made',
  // Dialogs of one leg are unknown on the other (RFC 3891, 3911): see dialog-references.ts.
  replaces: 'made',
  join: 'made',
  'target-dialog': 'made',
  'refer-to': 'made',
  'content-type': 'body',
  'content-disposition': 'body',
  'content-encoding': 'body',
  'content-language': 'body',
  'content-id': 'body',
  'mime-version': 'body',
  'user-agent': 'product',
  server: 'product',
};

export interface HeaderOptions {
  /** Lets User-Agent and Server through. */
  readonly passProduct: boolean;
}

/** Headers that the other leg gets as they are: repeated ones stay repeated, in order. */
export function keptHeaders(
  message: SipMessage,
  options: HeaderOptions & { readonly redirection?: boolean },
): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  const named = new Map<string, string>();
  for (const { key, name, value } of message.headers) {
    const rule = HEADER_RULES[key];
    if (
      rule === 'product'
        ? !options.passProduct
        : rule && !(rule === 'contact' && options.redirection)
    ) {
      continue;
    }
    const written = named.get(key);
    if (written === undefined) {
      named.set(key, name);
      kept[name] = value;
    } else {
      kept[written] = [kept[written]!, value].flat();
    }
  }
  return kept;
}

/** Content headers, for when the body goes along. */
export function bodyHeaders(message: SipMessage): Record<string, string> {
  const described: Record<string, string> = {};
  for (const { key, name, value } of message.headers) {
    if (HEADER_RULES[key] === 'body') described[name] = value;
  }
  return described;
}

/** Methods that a call carries from one side to the other. */
export const CALL_METHODS = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'PRACK',
  'UPDATE',
  'INFO',
  'MESSAGE',
  'NOTIFY',
  'REFER',
  'SUBSCRIBE',
  'PUBLISH',
] as const;

/**
 * Option tags that concern the leg and not the end (RFC 4028, 5626, 3327, 5627, 3329, 5393, 8445): the
 * engine speaks for itself there. Every other tag, known here or not, is between the two ends.
 */
const LEG_OPTIONS = new Set([
  'timer',
  'outbound',
  'path',
  'gruu',
  'sec-agree',
  'multiple-refer',
  'ice',
]);

/**
 * What a request may require (RFC 3261 §8.2.2.3): what the engine does on each leg (RFC 3262, 4028), what is
 * translated between them (RFC 3891, 3911, 4538), and what works from end to end because headers and
 * bodies are all it takes (RFC 3312, 4412, 4488, 5373, 7044, 7433, 7614, 7866). With any other it
 * cannot be known whether it survives two dialogs and another media address.
 */
const MAY_BE_REQUIRED = new Set([
  '100rel',
  'timer',
  'replaces',
  'join',
  'tdialog',
  'precondition',
  'resource-priority',
  'norefersub',
  'nosub',
  'explicitsub',
  'answermode',
  'histinfo',
  'uui',
  'siprec',
  'record-aware',
]);

/** The option tags of a Require value that must be refused with 420. */
export function unsupportedOptions(required: string | undefined): readonly string[] {
  if (required === undefined) return [];
  return tokens(required).filter((option) => !MAY_BE_REQUIRED.has(option.toLowerCase()));
}

/** Bodies in which a session description is found. */
export const ACCEPT = 'application/sdp, multipart/mixed';

/** Allow, Supported, Require and Proxy-Require of the other leg. */
export function negotiatedHeaders(message: SipMessage): Record<string, string> {
  const made: Record<string, string> = {};
  const allow = message.header('allow');
  const methods = allow === undefined ? CALL_METHODS : CALL_METHODS.filter(among(tokens(allow)));
  if (methods.length > 0) made.Allow = methods.join(', ');
  for (const name of ['Supported', 'Require', 'Proxy-Require']) {
    const options = endToEnd(message.header(name));
    if (options.length > 0) made[name] = options.join(', ');
  }
  return made;
}

/** Whether a Supported or Require value lists an option tag. */
export function hasOption(value: string | undefined, option: string): boolean {
  return value !== undefined && tokens(value).includes(option);
}

function endToEnd(value: string | undefined): string[] {
  if (value === undefined) return [];
  return tokens(value).filter((option) => !LEG_OPTIONS.has(option.toLowerCase()));
}

function tokens(value: string): string[] {
  const found: string[] = [];
  for (const token of value.split(',')) {
    const trimmed = token.trim();
    if (trimmed !== '') found.push(trimmed);
  }
  return found;
}

function among(listed: readonly string[]): (method: string) => boolean {
  return (method) => listed.includes(method);
}
