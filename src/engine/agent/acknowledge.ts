import { cseq, type Header, headersNamed, type SipRequest } from '../message';
import { ownHeaders } from './compose';
import type { Fork } from './fork';
import type { Ground } from './ground';
import type { Leg } from './leg';
import { textOf } from './not-sent';
import type { Dispatched } from './sender';
import type { AppMessage } from './text';

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
  then: (done: Dispatched | string) => void,
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
    then('why' in result ? textOf(result) : result);
  });
}

/** For an answer nobody wants. */
export function acknowledgeAndBye(
  ground: Ground,
  leg: Leg,
  fork: Fork,
  invite: SipRequest,
  why: string,
  then: (done: Dispatched) => void,
): void {
  acknowledge(ground, leg, fork, invite, undefined, (done) => {
    if (typeof done !== 'string') then(done);
    leg.sendBye(fork, why);
  });
}
