import {
  type Header,
  minSe,
  required,
  type SipRequest,
  type SipResponse,
  sessionExpires,
  supported,
} from '../message';
import type { Session } from './session-timer';

/** Seconds below which nobody may ask for: RFC 4028 §5. */
export const MIN_SE = 90;

/** What the callee's side makes of a request's Session-Expires: RFC 4028 §9. */
export type Negotiation =
  | { readonly kind: 'none' }
  /** 422 with these headers. */
  | { readonly kind: 'too-small'; readonly headers: readonly Header[] }
  /** The session, and the headers its 2xx must carry. */
  | { readonly kind: 'session'; readonly session: Session; readonly headers: readonly Header[] };

/**
 * Negotiates as the side that answers INVITE or UPDATE. A refresher the peer named stands; a peer
 * that supports the timer and named none refreshes itself; for one that does not (a proxy asked
 * for the timer) this side refreshes.
 */
export function negotiate(request: SipRequest, minimum: number): Negotiation {
  const asked = sessionExpires(request);
  if (!asked) return { kind: 'none' };
  const peerSupports = supported(request).includes('timer') || required(request).includes('timer');
  if (asked.seconds < minimum && peerSupports) {
    return { kind: 'too-small', headers: [{ name: 'Min-SE', value: String(minimum) }] };
  }
  const refresher = peerSupports ? (asked.refresher ?? 'uac') : 'uas';
  const seconds = Math.max(asked.seconds, minimum);
  const headers: Header[] = [
    { name: 'Session-Expires', value: `${seconds};refresher=${refresher}` },
  ];
  // §9: a refresher that is the UAC must know that it is.
  if (refresher === 'uac') headers.push({ name: 'Require', value: 'timer' });
  return {
    kind: 'session',
    session: { seconds, refresher: refresher === 'uac' ? 'them' : 'us' },
    headers,
  };
}

/**
 * What a 2xx to a request of ours has set: RFC 4028 §7.2. An interval below what anybody may ask for
 * would have us refresh without pause, and is not taken at its word.
 */
export function sessionOf(response: SipResponse, minimum: number): Session | undefined {
  const answered = sessionExpires(response);
  if (!answered) return undefined;
  const seconds = Math.max(answered.seconds, minimum);
  return { seconds, refresher: answered.refresher === 'uas' ? 'them' : 'us' };
}

/** What a 2xx of ours says, seen from this side. */
export function sessionSent(response: SipResponse): Session | undefined {
  const said = sessionExpires(response);
  if (!said) return undefined;
  return { seconds: said.seconds, refresher: said.refresher === 'uac' ? 'them' : 'us' };
}

/** Headers of a request of ours inside a dialog whose session timer runs: RFC 4028 §7.4. */
export function refreshHeaders(session: Session, minimum: number): readonly Header[] {
  const refresher = session.refresher === 'us' ? 'uac' : 'uas';
  return [
    { name: 'Supported', value: 'timer' },
    { name: 'Session-Expires', value: `${session.seconds};refresher=${refresher}` },
    { name: 'Min-SE', value: String(minimum) },
  ];
}

/** After 422: the interval the peer wants at least (RFC 4028 §7.4). */
export function raised(session: Session, response: SipResponse): Session {
  const wanted = minSe(response);
  return wanted && wanted > session.seconds ? { ...session, seconds: wanted } : session;
}
