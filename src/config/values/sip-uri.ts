import { parseHost, parsePort } from './address';
import { type Parsed, parsed, refused } from './parsed';

/** A SIP URI of the configuration: where something is reached. RFC 3261 §19.1. */
export interface SipTarget {
  /** The URI as written, to be used in requests. */
  readonly uri: string;
  readonly user: string | undefined;
  /** Without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly transport: 'udp' | 'tcp' | undefined;
}

const EXAMPLE = 'sip:host:5060;transport=tcp';
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|%[0-9A-Fa-f]{2}){1,128}$/;
const PARAMETER = /^[A-Za-z0-9\-_.!~*'%+`[\]/:&$]+(?:=[A-Za-z0-9\-_.!~*'%+`[\]/:&$]+)?$/;

export function parseSipUri(text: string): Parsed<SipTarget> {
  // Before anything else, so that no message repeats the password.
  if (/^sips?:[^@]*:[^@]*@/i.test(text)) {
    return refused('must not hold a password: RFC 3261 §19.1.1 advises against it, and so do we');
  }
  if (/^sips:/i.test(text)) {
    return refused(`wants a sip: URI; TLS towards peers is not supported yet, got "${text}"`);
  }
  if (!/^sip:/i.test(text)) return refused(`wants a SIP URI such as ${EXAMPLE}, got "${text}"`);
  const rest = text.slice(4);
  if (rest.includes('?')) return refused(`wants a SIP URI without ?headers, got "${text}"`);

  const at = rest.lastIndexOf('@');
  const user = at < 0 ? undefined : rest.slice(0, at);
  if (user !== undefined && !USER.test(user)) {
    return refused(`wants a user part of letters, digits and -_.!~*'()&=+$,;?/ before the @`);
  }

  const [place = '', ...parameters] = rest.slice(at + 1).split(';');
  const broken = parameters.find((parameter) => !PARAMETER.test(parameter));
  if (broken !== undefined) {
    return refused(`wants ;name=value parameters, got ";${broken}"`);
  }
  const parts = /^(\[[^\]]*\]|[^:]*)(?::([^:]*))?$/.exec(place);
  if (!parts) return refused(`wants IPv6 in brackets, as in sip:[::1]:5060, got "${text}"`);
  const host = parseHost(parts[1]!);
  if (!host.ok) return host;
  const port = parts[2] === undefined ? undefined : parsePort(parts[2], 1);
  if (port && !port.ok) return port;

  const transport = parameters
    .find((parameter) => /^transport=/i.test(parameter))
    ?.slice('transport='.length)
    .toLowerCase();
  if (transport !== undefined && transport !== 'udp' && transport !== 'tcp') {
    return refused(`wants ;transport=udp or ;transport=tcp, got "${transport}"`);
  }
  return parsed({ uri: text, user, host: host.value, port: port?.value, transport });
}

/** `sip:alice@example.com`, or `alice@example.com`: the key under which a person is known. */
export function parseAddressOfRecord(text: string): Parsed<string> {
  const uri = parseSipUri(/^sips?:/i.test(text) ? text : `sip:${text}`);
  if (!uri.ok) return uri;
  const { user, host, uri: whole } = uri.value;
  if (user === undefined)
    return refused(`wants user@domain, as in alice@example.com, got "${text}"`);
  if (whole.includes(';') || uri.value.port !== undefined) {
    return refused(`wants user@domain without port and parameters, got "${text}"`);
  }
  return parsed(`sip:${user}@${host.includes(':') ? `[${host}]` : host.toLowerCase()}`);
}

/** A telephone number or an extension, digits only in the end: separators people write are dropped. */
export function parseNumber(text: string): Parsed<string> {
  const bare = text.replace(/[\s().-]/g, '');
  if (/^\+?[0-9A-Da-d*#]{1,32}$/.test(bare)) return parsed(bare);
  return refused(`wants a telephone number such as +15550100 or an extension, got "${text}"`);
}
