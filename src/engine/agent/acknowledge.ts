import { cseq, type Header, headersNamed, type SipRequest } from '../message';
import { compact } from '../transaction';
import type { Destination } from '../transport';
import type { Sent } from './application';
import { ownHeaders } from './compose';
import type { Fork } from './fork';
import type { Ground } from './ground';
import type { Leg } from './leg';
import type { AppMessage } from './text';

/** An ACK to a 2xx as it left, to be sent again when the 2xx comes again. */
export interface Acknowledgement {
  readonly sent: Sent;
  readonly destination: Destination;
}

/**
 * Acknowledges a 2xx to an INVITE of ours: RFC 3261 §13.2.2.4. `message` is the application's ACK,
 * whose body answers when the 2xx offered. Gives a text when it could not be sent.
 */
export function acknowledge(
  ground: Ground,
  leg: Leg,
  fork: Fork,
  invite: SipRequest,
  message: AppMessage | undefined,
  then: (done: Acknowledgement | string) => void,
): void {
  const own: Header[] = message ? [...ownHeaders(message)] : [];
  // §22.1: an ACK cannot be challenged, so that it repeats what the INVITE has proven.
  for (const name of ['Authorization', 'Proxy-Authorization']) {
    if (!own.some((header) => header.name === name)) own.push(...headersNamed(invite, name));
  }
  const seq = cseq(invite)?.seq ?? 1;
  const made = leg.draft('ACK', own, {
    fork,
    seq,
    ...(message ? { body: message.body } : {}),
  });
  if (!made) {
    then('no dialog to acknowledge in');
    return;
  }
  ground.sender.sendOnce(made.draft, (result) => {
    if (typeof result === 'string') then(result);
    else then({ ...result, sent: { ...result.sent, bytes: compact(result.sent.bytes) } });
  });
}

/** For an answer nobody wants. */
export function acknowledgeAndBye(
  ground: Ground,
  leg: Leg,
  fork: Fork,
  invite: SipRequest,
  why: string,
  then: (done: Acknowledgement) => void,
): void {
  acknowledge(ground, leg, fork, invite, undefined, (done) => {
    if (typeof done !== 'string') then(done);
    leg.sendBye(fork, why);
  });
}
