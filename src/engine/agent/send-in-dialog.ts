import { refreshHeaders, sessionOf } from '../dialog';
import { expires, type Header, rack, responseTo, type SipRequest } from '../message';
import { transactionLifetime } from '../transaction';
import { REFUSALS, type Reply, refused } from './application';
import { contentTypeOf, headerIn, ownHeaders, withTimerSupport } from './compose';
import { type Draft, unsent } from './draft';
import type { Fork } from './fork';
import type { Ground } from './ground';
import type { Leg } from './leg';
import { endIfLost } from './lost-dialog';
import { textOf } from './not-sent';
import { OutgoingInvite } from './outgoing-invite';
import { OutgoingRequest } from './outgoing-request';
import { watchSubscription } from './subscription';
import type { AppMessage } from './text';

/** Sends what an application wants sent inside one of its dialogs: RFC 3261 §12.2.1. */
export function sendInDialog(ground: Ground, leg: Leg, message: AppMessage, reply: Reply): void {
  const method = message.start?.kind === 'request' ? message.start.method : '';
  if (message.body.length > 0 && !contentTypeOf(message)) {
    reply(refused(REFUSALS.noContentType));
    return;
  }
  switch (method) {
    case '':
    case 'CANCEL':
      reply(refused(`invalid request-uri: ${message.startLine}`));
      return;
    case 'ACK':
      if (leg.unacknowledged) leg.unacknowledged.acknowledge(message, reply);
      else reply(refused(REFUSALS.automaticAck));
      return;
    case 'BYE':
      sendBye(ground, leg, message, reply);
      return;
    case 'INVITE':
    case 'UPDATE':
      sendChange(ground, leg, message, method, reply);
      return;
    case 'PRACK':
      sendPrack(ground, leg, message, reply);
      return;
    default:
      sendOther(ground, leg, message, method, reply);
  }
}

/**
 * Waits for the ACK to a 2xx of ours (§15: the callee must not send BYE before), and gives up what
 * else goes on in the dialog.
 */
function sendBye(ground: Ground, leg: Leg, message: AppMessage, reply: Reply): void {
  if (leg.role === 'uas' && !leg.confirmed) {
    reply(refused('Server error: BYE is not allowed before the final response'));
    return;
  }
  leg.onceAcknowledged(() => {
    const made = leg.over
      ? undefined
      : leg.draft('BYE', ownHeaders(message), { body: message.body });
    if (!made) return reply(refused(REFUSALS.unknownDialog));
    if (leg.confirmed) {
      for (const invite of [...leg.invites]) invite.abandon(487);
      leg.leave();
    }
    const bye = new OutgoingRequest(ground, leg.owner, leg.id, (response, _inbound, request) => {
      if (response.status < 200 || !leg.confirmed) return;
      if (response.status === 401 || response.status === 407) {
        // The application may send it again with credentials; not for ever.
        leg.expireAfter(transactionLifetime(ground.timers));
        return;
      }
      leg.end();
      ground.cdr({
        kind: 'stop',
        source: 'application',
        detail: 'normal-release',
        message: request,
      });
    });
    bye.send(made.draft, reply);
  });
}

function sendChange(
  ground: Ground,
  leg: Leg,
  message: AppMessage,
  method: 'INVITE' | 'UPDATE',
  reply: Reply,
): void {
  const fork = leg.current;
  const own = withSession(ground, leg, ownHeaders(message));
  const made = fork && leg.draft(method, own, { fork, body: message.body });
  if (!made || leg.state === 'leaving') {
    reply(refused(REFUSALS.unknownDialog));
    return;
  }
  const hasBody = message.body.length > 0;
  if (!leg.gate.mayBegin(method, hasBody)) {
    answerWithGlare(ground, leg, made.draft, reply);
    return;
  }
  if (method === 'INVITE') {
    if (!leg.confirmed) {
      answerWithGlare(ground, leg, made.draft, reply);
      return;
    }
    const transactionId = ground.ids.uuid();
    const invite = new OutgoingInvite(ground, leg, fork, transactionId);
    invite.send(made.draft, message, (departure) => {
      if (!departure.ok) return reply(refused(textOf(departure)));
      reply({ kind: 'request-sent', sent: departure.sent, transactionId });
    });
    return;
  }
  sendUpdate(ground, leg, fork, message, made.draft, reply);
}

function sendUpdate(
  ground: Ground,
  leg: Leg,
  fork: Fork,
  message: AppMessage,
  draft: Draft,
  reply: Reply,
): void {
  leg.gate.request('local', 'UPDATE', message.body.length > 0);
  const update = new OutgoingRequest(ground, leg.owner, leg.id, (response, inbound) => {
    leg.gate.response('local', 'UPDATE', response.status, response.body.length > 0);
    endIfLost(leg, { method: 'UPDATE', status: response.status, received: inbound !== undefined });
    if (response.status < 200 || response.status >= 300) return;
    fork.dialog.refreshTarget(response);
    leg.keepLocalSession(message.body, contentTypeOf(message));
    if (leg.confirmed) leg.setSession(sessionOf(response, ground.limits.minSe));
  });
  update.send(draft, reply);
}

/** RFC 3262 §4: in the early dialog whose provisional response it acknowledges. */
function sendPrack(ground: Ground, leg: Leg, message: AppMessage, reply: Reply): void {
  const fork = forkOwing(leg, rack(message)?.rseq) ?? leg.current;
  const made = fork && leg.draft('PRACK', ownHeaders(message), { fork, body: message.body });
  if (!made) {
    reply(refused(REFUSALS.unknownDialog));
    return;
  }
  fork.sequence.acknowledge();
  leg.gate.request('local', 'PRACK', message.body.length > 0);
  const prack = new OutgoingRequest(ground, leg.owner, leg.id, (response) => {
    leg.gate.response('local', 'PRACK', response.status, response.body.length > 0);
  });
  prack.send(made.draft, reply);
}

/** Forks may number alike: of those the one first heard that still waits, then one that has been told. */
function forkOwing(leg: Leg, rseq: number | undefined): Fork | undefined {
  if (rseq === undefined) return undefined;
  const forks = [...leg.forks].filter(({ sequence }) => sequence.last === rseq);
  return forks.find(({ sequence }) => sequence.owes(rseq)) ?? forks[0];
}

function sendOther(
  ground: Ground,
  leg: Leg,
  message: AppMessage,
  method: string,
  reply: Reply,
): void {
  const made = leg.draft(method, ownHeaders(message), { body: message.body });
  if (!made) {
    reply(refused(REFUSALS.unknownDialog));
    return;
  }
  const ends =
    leg.usage === 'SUBSCRIBE' &&
    method === 'NOTIFY' &&
    /^\s*terminated/i.test(headerIn(message.headers, 'Subscription-State') ?? '');
  const renews = leg.usage === 'SUBSCRIBE' && method === 'SUBSCRIBE';
  const request = new OutgoingRequest(ground, leg.owner, leg.id, (response, inbound, sent) => {
    endIfLost(leg, { method, status: response.status, received: inbound !== undefined });
    if (ends && response.status >= 200) leg.end();
    if (!renews || response.status < 200 || response.status >= 300) return;
    watchSubscription(ground, leg, expires(response) ?? expires(sent));
  });
  request.send(made.draft, reply);
}

/** The session timer goes on through every INVITE and UPDATE (RFC 4028 §7.4). */
function withSession(ground: Ground, leg: Leg, own: readonly Header[]): readonly Header[] {
  if (!leg.session || headerIn(own, 'Session-Expires') !== undefined) return withTimerSupport(own);
  return [...own, ...refreshHeaders(leg.session, ground.limits.minSe)];
}

/**
 * The peer, or we, have begun something that is not over: what would come back is 491, and the
 * application learns it without a message being sent (RFC 3261 §14.1).
 */
function answerWithGlare(ground: Ground, leg: Leg, draft: Draft, reply: Reply): void {
  const transactionId = ground.ids.uuid();
  reply({ kind: 'request-sent', sent: unsent(draft), transactionId });
  const request: SipRequest = { ...draft, kind: 'request' };
  const response = responseTo(request, 491, { toTag: ground.ids.token(8) });
  leg.owner.response(response, undefined, { transactionId, dialogId: leg.id });
}
