import type { Headers, IncomingResponse, SipMessage } from '../../ua';
import { hasOption } from '../headers';

/**
 * Session timers (RFC 4028) are of each leg: the engine refreshes, answers refreshes, and ends a session that
 * nobody refreshes. What it does not do is ask for one, so that a call whose peer has vanished ends; that is
 * done here, where it is configured.
 */

/** RFC 4028 §4: nobody may ask for less. */
const LEAST_S = 90;

/** Asks the callee for a session timer; `least` is what a 422 has named, if one came (RFC 4028 §7.3). */
export function askForTimer(
  headers: Headers,
  seconds: number | undefined,
  least = LEAST_S,
): Headers {
  if (seconds === undefined) return headers;
  return {
    ...withTimer(headers),
    'Session-Expires': String(seconds),
    'Min-SE': String(least),
  };
}

/** The interval to ask for after a 422, which names the least that the callee takes (RFC 4028 §7.3). */
export function raisedInterval(
  response: IncomingResponse,
  asked: number | undefined,
): number | undefined {
  if (response.status !== 422 || asked === undefined) return undefined;
  const least = Number.parseInt(response.header('min-se') ?? '', 10);
  return least > asked ? least : undefined;
}

/** Gives a caller that has not asked for a timer one in its 2xx: we refresh (RFC 4028 §9). */
export function timerForCaller(
  headers: Headers,
  invite: SipMessage,
  seconds: number | undefined,
): Headers {
  if (seconds === undefined || invite.header('session-expires') !== undefined) return headers;
  const least = Number.parseInt(invite.header('min-se') ?? '', 10) || LEAST_S;
  const supports = hasOption(invite.header('supported'), 'timer');
  return {
    ...(supports ? withTimer(headers) : headers),
    'Session-Expires': `${Math.max(seconds, least)};refresher=uas`,
  };
}

function withTimer(headers: Headers): Headers {
  const supported = [headers.Supported ?? []].flat();
  return { ...headers, Supported: [...supported, 'timer'].join(', ') };
}
