import type { Leg } from './leg';

/**
 * Requests that belong to the session itself: RFC 5057 §5.3. OPTIONS and MESSAGE belong to nothing,
 * NOTIFY and REFER to subscriptions of their own, and a 481 to PRACK means a provisional response.
 */
const OF_SESSION: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'INFO']);

/** A final response to a request of ours inside a dialog. */
export interface Verdict {
  readonly method: string;
  readonly status: number;
  /** It came from the network; without it, it was made here because nothing came (408, 503). */
  readonly received: boolean;
}

/**
 * Ends a dialog of which the peer knows nothing any more, or in which it does not answer: RFC 3261
 * §12.2.1.2, §14.1, as RFC 5057 §5 narrows it, RFC 6665 §4.1.2.2, §4.2.2. A call ends with BYE.
 *
 * A 408 that came for anything but an INVITE proves the contrary of what it says: some proxy lives and
 * has answered too late (RFC 4320 §4.1), and costs no call. Nor does silence to INFO, which some user
 * agents pass over without a word, contrary to RFC 3261 §8.2.1.
 */
export function endIfLost(leg: Leg, verdict: Verdict): void {
  if (!isLost(leg, verdict)) return;
  if (leg.usage === 'SUBSCRIBE') leg.end();
  else leg.endSoon(verdict.status === 481 ? 'Dialog unknown to the peer' : 'Peer does not answer');
}

function isLost(leg: Leg, { method, status, received }: Verdict): boolean {
  const silent = status === 408 && !received;
  if (leg.usage === 'SUBSCRIBE') {
    if (method === 'NOTIFY') return status === 481 || silent;
    return method === 'SUBSCRIBE' && status === 481;
  }
  if (status === 481) return OF_SESSION.has(method);
  if (method === 'INVITE') return status === 408;
  return method === 'UPDATE' && silent;
}
