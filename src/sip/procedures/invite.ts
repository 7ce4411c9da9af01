import {
  formatNameAddr,
  formatSipUri,
  type Headers,
  type IncomingInvite,
  type OutgoingInvite,
  parseNameAddr,
  parseSipUri,
  type SipUri,
} from '../../ua';
import type { CallEnvironment, CallParts } from '../call/environment';
import { passBody } from '../media/bodies';
import type { OwnAddresses, Target } from '../routing';
import { requestHeaders } from './carry';
import { askForTimer } from './session-timer';

/** RFC 3261 §8.1.1.6. */
const MAX_FORWARDS = 70;

/** What the next hop gets; undefined when the request has come too far (RFC 3261 §16.3 step 3). */
export function nextMaxForwards(value: string | undefined): number | undefined {
  const received = value === undefined ? MAX_FORWARDS : Number.parseInt(value, 10);
  if (!(received > 0)) return undefined;
  return Math.min(received, 255) - 1;
}

/**
 * Makes the INVITE for a target of the caller's, its offer leading here. What is returned sends it, as often as
 * is asked, with a session timer of that many seconds and no less than the least that a 422 has named. A `whole`
 * offer has the codecs, too, in which nothing can be announced.
 * @throws Fault when the offer cannot be used, or there is no port for it
 */
export async function prepareInvite(
  call: CallParts,
  target: Target,
  offer: 'narrowed' | 'whole' = 'narrowed',
): Promise<(sessionExpiresS: number | undefined, leastS?: number) => OutgoingInvite> {
  const { env, media, caller, notices, recordings } = call;
  recordings.towards(target);
  media.turnTo(familyOf(target.uri), {
    whole: offer === 'whole',
    srtp: env.router.srtpWith(target),
  });
  notices.turnTo();
  const passed = await passBody(call, 'a', caller.invite, 'offer');
  const headers = {
    ...notices.supported('callee', requestHeaders(env, caller.invite, passed)),
    ...parties(env, caller.invite, target),
  };
  const { body } = passed;
  return (sessionExpiresS, leastS) =>
    env.agent.invite({
      uri: target.uri,
      headers: askForTimer(headers, sessionExpiresS, leastS),
      body,
    });
}

/** From, To and Max-Forwards of a request that begins something on the other leg. */
export function parties(
  env: Pick<CallEnvironment, 'own'>,
  request: Pick<IncomingInvite, 'header'>,
  target: Target,
): Headers {
  return {
    From: fromOf(request.header('from') ?? '', env.own),
    To: toOf(request.header('to') ?? '', target, env.own),
    'Max-Forwards': String(nextMaxForwards(request.header('max-forwards')) ?? 0),
  };
}

/** Family over which a target's media is expected, until its description says. */
export function familyOf(uri: string): 4 | 6 {
  return parseSipUri(uri)?.host.startsWith('[') ? 6 : 4;
}

/**
 * The caller's From without its tag, so that names and numbers stay as they were; a host that is ours
 * becomes `localhost`, for which the engine puts the address it sends from.
 */
function fromOf(value: string, own: OwnAddresses): string {
  const address = parseNameAddr(value);
  const uri = rehosted(address.uri, own, { host: 'localhost', port: undefined });
  return formatNameAddr({ display: address.display, uri, params: withoutTag(address.params) });
}

/** The dialled To without its tag; a host that is ours becomes the target's. */
function toOf(value: string, target: Target, own: OwnAddresses): string {
  const address = parseNameAddr(value);
  const place = parseSipUri(target.uri);
  const uri = place ? rehosted(address.uri, own, place) : address.uri;
  return formatNameAddr({ display: address.display, uri, params: withoutTag(address.params) });
}

function rehosted(text: string, own: OwnAddresses, to: Pick<SipUri, 'host' | 'port'>): string {
  const uri = parseSipUri(text);
  if (!uri || !own.has(uri)) return text;
  // Transport and the like concern the address that is replaced.
  return formatSipUri({ ...uri, host: to.host, port: to.port, params: '', headers: '' });
}

function withoutTag(params: string): string {
  return params.replace(/;\s*tag\s*=[^;]*/gi, '');
}
