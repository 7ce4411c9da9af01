import { Dialog, negotiate } from '../dialog';
import { callId, contact, expires, fromTag, type Header, header, maxForwards } from '../message';
import type { ServerTransaction } from '../transaction';
import type { Application } from './application';
import { faultOf, reject } from './compose';
import type { Ground } from './ground';
import { IncomingInvite } from './incoming-invite';
import { IncomingRequest } from './incoming-request';
import { Leg, legId } from './leg';
import { ownContact } from './localhost';
import type { Router } from './router';
import { watchSubscription } from './subscription';

/** Methods that only mean something inside a dialog. */
const IN_DIALOG_ONLY: ReadonlySet<string> = new Set(['BYE', 'UPDATE', 'PRACK', 'INFO']);

/** Methods of the RFCs: one we do not take gets 405, any other 501 (RFC 3261 §8.2.1). */
const KNOWN: ReadonlySet<string> = new Set([
  'INVITE',
  'OPTIONS',
  'REGISTER',
  'SUBSCRIBE',
  'NOTIFY',
  'MESSAGE',
  'PUBLISH',
  'REFER',
]);

const RETRY_LATER: Header = { name: 'Retry-After', value: '10' };

/** A request without a To tag: RFC 3261 §8.2. Neither ACK nor CANCEL. */
export function receiveNewRequest(
  ground: Ground,
  router: Router,
  isServed: boolean,
  transaction: ServerTransaction,
): void {
  const { request, method } = transaction;
  const say = (status: number, headers?: readonly Header[]) =>
    reject(ground, transaction, status, headers);

  if (IN_DIALOG_ONLY.has(method)) {
    ground.counts.strays += 1;
    say(481);
    return;
  }
  // A call that has come to its last hop would go on from here; an OPTIONS ends here (§11).
  if (maxForwards(request) === 0 && method !== 'OPTIONS') {
    say(483);
    return;
  }
  const owner = isServed ? router.next(method) : undefined;
  if (!owner) {
    ground.counts.unserved += 1;
    const taken = [...KNOWN].filter((known) => router.takes(known));
    if (!isServed) say(503, [RETRY_LATER]);
    else say(KNOWN.has(method) ? 405 : 501, [{ name: 'Allow', value: taken.join(', ') }]);
    return;
  }
  switch (method) {
    case 'INVITE':
      receiveInvite(ground, owner, transaction);
      return;
    case 'SUBSCRIBE':
      receiveSubscribe(ground, owner, transaction);
      return;
    default:
      new IncomingRequest(ground, transaction, owner, '').begin();
  }
}

function receiveInvite(ground: Ground, owner: Application, transaction: ServerTransaction): void {
  const { request } = transaction;
  const say = (status: number, headers?: readonly Header[]) =>
    reject(ground, transaction, status, headers);

  if (!mayBegin(ground, transaction)) return;
  const negotiated = negotiate(request, ground.limits.minSe);
  if (negotiated.kind === 'too-small') {
    say(422, negotiated.headers);
    return;
  }
  ground.counts.invitesIn += 1;
  const leg = new Leg(ground, { role: 'uas', usage: 'INVITE', owner, ...names(transaction) });
  new IncomingInvite(ground, transaction, leg, undefined).begin();
  ground.cdr({ kind: 'attempt', source: 'network', message: request });
}

/** RFC 6665 §4.2.1: the dialog exists once the application has accepted. */
function receiveSubscribe(
  ground: Ground,
  owner: Application,
  transaction: ServerTransaction,
): void {
  if (!mayBegin(ground, transaction)) return;
  const { request, inbound } = transaction;
  const leg = new Leg(ground, { role: 'uas', usage: 'SUBSCRIBE', owner, ...names(transaction) });
  const subscribe = new IncomingRequest(ground, transaction, owner, leg.id, {
    extra: (message) => {
      const said = message.headers.some(({ name }) => name === 'Contact');
      return said ? [] : [{ name: 'Contact', value: ownContact(inbound.local) }];
    },
    answered: (response) => {
      if (response.status < 200) return;
      if (response.status >= 300) return leg.end();
      const fork = leg.addFork(Dialog.asUas(request, response), inbound);
      if (fork) leg.confirm(fork);
      leg.contact = header(response, 'Contact');
      watchSubscription(ground, leg, expires(response) ?? expires(request));
    },
  });
  owner.request(request, inbound, { transactionId: subscribe.transactionId, dialogId: '' });
}

/** What INVITE and SUBSCRIBE need to make a dialog. */
function mayBegin(ground: Ground, transaction: ServerTransaction): boolean {
  const say = (status: number, headers?: readonly Header[]) =>
    reject(ground, transaction, status, headers);

  const { callId: id, fromTag: tag } = names(transaction);
  if (!contact(transaction.request)) {
    // RFC 3261 §8.1.1.8; RFC 2543 user agents could do without.
    reject(ground, transaction, 400, [], faultOf(transaction.request, 'Contact'));
    return false;
  }
  // The same Call-ID and tag without a To tag: the call exists, and applications would confuse them.
  if (ground.legs.get(legId(id, tag))) {
    say(491);
    return false;
  }
  if (ground.legs.size >= ground.limits.legs) {
    ground.counts.unserved += 1;
    say(503, [RETRY_LATER]);
    return false;
  }
  return true;
}

function names({ request }: ServerTransaction): { callId: string; fromTag: string } {
  return { callId: callId(request), fromTag: fromTag(request) ?? '' };
}
