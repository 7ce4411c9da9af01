import { z } from 'zod';
import {
  parseAddressOfRecord,
  parseCidr,
  parsed,
  parseNumber,
  parseNumberPattern,
  parseRewrite,
  parseSipUri,
  refused,
} from '../values';
import { line, name, seconds, text, whole } from './fields';

const peer = z.strictObject({
  name: name.describe('Name for routes, logs and metrics.'),
  addresses: z
    .array(text(parseCidr))
    .min(1)
    .describe('Addresses and blocks its requests come from; the narrowest block decides.'),
  target: text(parseSipUri)
    .nullable()
    .prefault(null)
    .describe(
      'Where calls to this peer go, as sip:HOST:PORT;transport=tcp; null: it only calls in.',
    ),
  trunk: z
    .boolean()
    .prefault(false)
    .describe(
      'Whether it leads out of the organization: settings tell calls over a trunk from internal ones.',
    ),
  srtp: z
    .enum(['mirror', 'required', 'optional', 'never'])
    .prefault('mirror')
    .describe(
      'Whether its media is by SRTP: mirror (as the other side of the call offers it), required, optional (offered so that it may be read over), never.',
    ),
});

/** Softphones on this machine, at any port. */
const LOCAL_PEER = { name: 'local', addresses: ['127.0.0.0/8', '::1/128'] };

export const peers = z
  .array(peer)
  .prefault([LOCAL_PEER])
  .describe('Who may call: everyone else is refused with 403.');

const user = z
  .strictObject({
    number: text(parseNumber)
      .nullable()
      .prefault(null)
      .describe('Telephone number or extension by which the user is called and calls.'),
    aor: text(parseAddressOfRecord)
      .nullable()
      .prefault(null)
      .describe('Address of record, as alice@example.com, where the user is known by one.'),
    name: line(128).nullable().prefault(null).describe('Name for the recording metadata.'),
    contact: text(parseSipUri)
      .nullable()
      .prefault(null)
      .describe(
        "Where the user's phone is reached, as sip:HOST:PORT; null leaves it to the routes.",
      ),
    mode: z
      .enum(['always', 'never'])
      .prefault('never')
      .describe('Whether calls of this user are recorded.'),
  })
  .refine((one) => one.number !== null || one.aor !== null, {
    error: 'wants a number or an aor: without one, no call can be told to be of this user',
  });

export const users = z
  .array(user)
  .prefault([])
  .describe('Whose calls are recorded, and where their phones are.');

const digits = (least: number, most: number, example: string) =>
  z
    .string()
    .regex(new RegExp(`^[0-9]{${least},${most}}$`), `wants digits, quoted, such as ${example}`);

const plan = z.strictObject({
  countryCode: digits(1, 3, '"1" or "380"').describe('Country calling code.'),
  nationalPrefix: digits(0, 5, '"0", or "" for none')
    .prefault('')
    .describe('What is dialled before a national number.'),
  internationalPrefix: digits(0, 5, '"00" or "011"')
    .prefault('00')
    .describe('What is dialled before a country calling code.'),
  shortestNationalDigits: whole(1, 15)
    .prefault(8)
    .describe('A number of fewer digits is an extension and stays as it is.'),
});

export const dialPlan = plan
  .nullable()
  .prefault(null)
  .describe(
    'How numbers without + are read when users are looked up, as a map; null takes them as dialled.',
  );

/** Where a call goes: a peer by name, a SIP URI, or by what the caller asked for. */
export type RouteTarget =
  | { readonly kind: 'peer'; readonly name: string }
  | { readonly kind: 'uri'; readonly uri: string }
  /** The contact of the user who is called. */
  | { readonly kind: 'user' }
  /** The host of the Request-URI: for callers that are trusted to name it. */
  | { readonly kind: 'request-uri' };

/** Words of `from` and `targets` that no peer may have for its name. */
export const RESERVED_NAMES: readonly string[] = ['any', 'user', 'request-uri'];

const target = text((written) => {
  if (written === 'user' || written === 'request-uri') {
    return parsed<RouteTarget>({ kind: written });
  }
  if (name.safeParse(written).success) return parsed<RouteTarget>({ kind: 'peer', name: written });
  if (!written.includes(':')) {
    return refused(`wants the name of a peer, a SIP URI, user or request-uri, got "${written}"`);
  }
  const uri = parseSipUri(written);
  return uri.ok ? parsed<RouteTarget>({ kind: 'uri', uri: uri.value.uri }) : uri;
});

const route = z.strictObject({
  from: z
    .union([z.literal('any'), z.array(name).min(1)])
    .prefault('any')
    .describe('Peers whose calls take this route: a list of names, or any.'),
  to: text(parseNumberPattern)
    .prefault('.*')
    .describe('Regular expression that the whole called number must match.'),
  rewrite: text(parseRewrite)
    .nullable()
    .prefault(null)
    .describe('The number to call instead, with $1 … $9 for the groups of `to`; null keeps it.'),
  targets: z
    .array(target)
    .min(1)
    .describe(
      'Where to, in order: peers, SIP URIs, user (the contact of the called user), request-uri (the host that the caller named). The next is tried on timeout and 5xx.',
    ),
  timeoutSeconds: seconds(1, 600)
    .prefault(30)
    .describe('How long each target may ring before the next is tried.'),
  redirects: z
    .enum(['pass', 'follow'])
    .prefault('pass')
    .describe(
      'What a 3xx answer does: it is passed to the caller, or its contacts are tried here.',
    ),
});

export const routes = z
  .array(route)
  .prefault([{ targets: ['user', 'request-uri'] }])
  .describe('Where calls go; the first route that fits is taken.');
