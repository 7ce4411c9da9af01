import { Dialog, negotiate, sessionSent } from '../dialog';
import {
  cancelOf,
  cseq,
  expires,
  fromTag,
  type Header,
  header,
  headersNamed,
  rack,
  type SipResponse,
} from '../message';
import type { ServerTransaction } from '../transaction';
import { contentTypeOf, faultOf, reject, retryAfter } from './compose';
import type { Fork } from './fork';
import type { Ground } from './ground';
import { IncomingInvite } from './incoming-invite';
import { IncomingRequest } from './incoming-request';
import type { Leg } from './leg';
import { ownContact } from './localhost';
import { watchSubscription } from './subscription';
import type { AppResponse } from './text';

/** A request that names one of our dialogs: RFC 3261 §12.2.2. Never ACK or CANCEL. */
export function receiveInDialog(ground: Ground, leg: Leg, transaction: ServerTransaction): void {
  const { request, inbound, method } = transaction;
  const say = (status: number, headers?: readonly Header[]) =>
    reject(ground, transaction, status, headers);

  const fork = forkOf(leg, transaction);
  if (!fork) {
    ground.counts.strays += 1;
    say(481);
    return;
  }
  if (leg.state === 'leaving') {
    // BYE has crossed BYE: both are answered 200 (RFC 5407 §3.2). Nothing else has a dialog left.
    say(method === 'BYE' ? 200 : 481);
    return;
  }
  // A BYE can mean but one thing: out of order, it would leave a session whose peer is gone.
  if (!fork.dialog.admit(cseq(request)?.seq ?? 0) && method !== 'BYE') {
    say(500);
    return;
  }
  fork.heard(inbound);
  leg.learn(fork, request);
  switch (method) {
    case 'BYE':
      receiveBye(ground, leg, fork, transaction);
      return;
    case 'INVITE':
    case 'UPDATE':
      receiveChange(ground, leg, fork, transaction, method);
      return;
    case 'PRACK':
      receivePrack(ground, leg, transaction);
      return;
    default:
      receiveOther(ground, leg, fork, transaction);
  }
}

/** The dialog meant, by the peer's tag. A NOTIFY may be what makes it (RFC 6665 §4.4.1). */
function forkOf(leg: Leg, transaction: ServerTransaction): Fork | undefined {
  const { request, inbound, method } = transaction;
  const known = leg.fork(fromTag(request) ?? '');
  if (known || method !== 'NOTIFY' || !leg.subscribe) return known;
  return leg.addFork(Dialog.byNotify(leg.subscribe, request), inbound);
}

function receiveBye(ground: Ground, leg: Leg, fork: Fork, transaction: ServerTransaction): void {
  if (!leg.confirmed) {
    receiveEarlyBye(ground, leg, fork, transaction);
    return;
  }
  fork.dialog.terminate();
  if (fork !== leg.current) {
    // A fork that lost; its BYE crossed ours.
    reject(ground, transaction, 200);
    return;
  }
  const waiting = new IncomingRequest(ground, transaction, leg.owner, leg.id, { status: 200 });
  leg.end();
  waiting.begin();
  const { request } = transaction;
  ground.cdr({ kind: 'stop', source: 'network', detail: 'normal-release', message: request });
}

/**
 * BYE before the final response. The caller may end its early dialog so (§15): to the application it
 * is what CANCEL is. A callee may not; its fork is over.
 */
function receiveEarlyBye(
  ground: Ground,
  leg: Leg,
  fork: Fork,
  transaction: ServerTransaction,
): void {
  const reason = headersNamed(transaction.request, 'Reason');
  reject(ground, transaction, 200);
  fork.dialog.terminate();
  if (leg.role !== 'uas') return;
  const invite = [...leg.invites].find((one) => one instanceof IncomingInvite);
  if (!invite) {
    leg.end();
    return;
  }
  const cancel = cancelOf(invite.transaction.request, reason);
  const { inbound } = invite.transaction;
  const ids = { transactionId: invite.transactionId, dialogId: leg.id };
  leg.end();
  if (leg.owner.connected) leg.owner.request(cancel, { ...inbound, message: cancel }, ids);
}

/** re-INVITE and UPDATE: what would change the session. */
function receiveChange(
  ground: Ground,
  leg: Leg,
  fork: Fork,
  transaction: ServerTransaction,
  method: 'INVITE' | 'UPDATE',
): void {
  const { request } = transaction;
  const say = (status: number, headers?: readonly Header[]) =>
    reject(ground, transaction, status, headers);

  const refusal = leg.gate.admit(method, request.body.length > 0);
  if (refusal) {
    say(refusal.status, refusal.status === 500 ? [retryAfter(ground)] : []);
    return;
  }
  const negotiated = negotiate(request, ground.limits.minSe);
  if (negotiated.kind === 'too-small') {
    say(422, negotiated.headers);
    return;
  }
  if (method === 'INVITE') {
    if (leg.confirmed) new IncomingInvite(ground, transaction, leg, fork).begin();
    // Before the first INVITE has its final response there is no session to change.
    else say(491);
    return;
  }
  leg.gate.request('remote', 'UPDATE', request.body.length > 0);
  new IncomingRequest(ground, transaction, leg.owner, leg.id, {
    extra: (message) => {
      if (message.start.status < 200 || message.start.status >= 300) return [];
      const extra = ownContactOf(leg, transaction, message);
      const said = message.headers.some(({ name }) => name === 'Session-Expires');
      return negotiated.kind === 'session' && !said ? [...extra, ...negotiated.headers] : extra;
    },
    answered: (response, message) => {
      const hasBody = response.body.length > 0;
      leg.gate.response('remote', 'UPDATE', response.status, hasBody);
      if (response.status < 200 || response.status >= 300) return;
      fork.dialog.refreshTarget(request);
      if (leg.confirmed) leg.setSession(sessionSent(response));
      if (message) leg.keepLocalSession(message.body, contentTypeOf(message));
    },
  }).begin();
}

/** RFC 3262 §3: matched here, answered by the application. */
function receivePrack(ground: Ground, leg: Leg, transaction: ServerTransaction): void {
  const { request } = transaction;
  const named = rack(request);
  if (!named) {
    reject(ground, transaction, 400, [], faultOf(request, 'RAck'));
    return;
  }
  const invite = [...leg.invites].find((one) => one.matches?.(named));
  if (!invite) {
    reject(ground, transaction, 481);
    return;
  }
  invite.onPrack?.(named.rseq);
  leg.gate.request('remote', 'PRACK', request.body.length > 0);
  new IncomingRequest(ground, transaction, leg.owner, leg.id, {
    answered: (response) => {
      leg.gate.response('remote', 'PRACK', response.status, response.body.length > 0);
      if (response.status >= 200) invite.onPrackAnswered?.();
    },
  }).begin();
}

function receiveOther(ground: Ground, leg: Leg, fork: Fork, transaction: ServerTransaction): void {
  const { request, method } = transaction;
  new IncomingRequest(ground, transaction, leg.owner, leg.id, {
    extra: (message) =>
      method === 'SUBSCRIBE' && message.start.status < 300
        ? ownContactOf(leg, transaction, message)
        : [],
    answered: (response) => {
      if (response.status < 200 || response.status >= 300) return;
      if (method === 'SUBSCRIBE' || method === 'NOTIFY') fork.dialog.refreshTarget(request);
      if (leg.usage === 'SUBSCRIBE') afterSubscription(ground, leg, method, request, response);
    },
  }).begin();
}

function afterSubscription(
  ground: Ground,
  leg: Leg,
  method: string,
  request: ServerTransaction['request'],
  response: SipResponse,
): void {
  if (method === 'SUBSCRIBE') {
    watchSubscription(ground, leg, expires(response) ?? expires(request));
  } else if (method === 'NOTIFY') {
    const state = header(request, 'Subscription-State') ?? '';
    if (/^\s*terminated/i.test(state)) leg.end();
  }
}

function ownContactOf(leg: Leg, transaction: ServerTransaction, message: AppResponse): Header[] {
  if (message.headers.some(({ name }) => name === 'Contact')) return [];
  return [{ name: 'Contact', value: leg.contact ?? ownContact(transaction.inbound.local) }];
}
