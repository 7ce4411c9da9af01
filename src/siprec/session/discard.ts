import type { Headers, SipMessage } from '../../ua';

/**
 * RFC 7866 gives a client no word by which a recorder would forget what it has. Between ourselves, this header in BYE
 * is one; other recorders ignore it, and keep the recording.
 */
const NAME = 'X-Twintrack-Recording';
const DISCARD = 'discard';

export const DISCARDING: Headers = { [NAME]: DISCARD };

/** Whether a BYE asks for the recording to be deleted. */
export function asksToDiscard(bye: SipMessage): boolean {
  return bye.header(NAME)?.trim().toLowerCase() === DISCARD;
}
