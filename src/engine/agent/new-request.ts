import { Dialog } from '../dialog';
import {
  callId,
  cseq,
  expires,
  fromTag,
  type Header,
  HeaderLine,
  oneLine,
  parseNameAddr,
  parseUri,
  toTag,
} from '../message';
import { type Application, REFUSALS, type Reply, refused } from './application';
import { contentTypeOf, headerIn, withContentType, withTimerSupport } from './compose';
import type { Draft } from './draft';
import type { Ground } from './ground';
import { Leg, legId } from './leg';
import { textOf } from './not-sent';
import { OutgoingInvite } from './outgoing-invite';
import { OutgoingRequest } from './outgoing-request';
import { watchSubscription } from './subscription';
import type { AppMessage } from './text';

/** Requests whose 2xx or NOTIFY needs to find us: RFC 3261 §8.1.1.8, RFC 6665, RFC 3515. */
const NEEDS_CONTACT: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

/** Sends a request outside of any dialog. `nextHop` is where to, when that is not its URI. */
export function sendNewRequest(
  ground: Ground,
  owner: Application,
  message: AppMessage,
  nextHop: string | undefined,
  reply: Reply,
): void {
  const draft = draftOf(ground, message, nextHop);
  if (typeof draft === 'string') {
    reply(refused(draft));
    return;
  }
  switch (draft.method) {
    case 'ACK':
      reply(refused(REFUSALS.automaticAck));
      return;
    case 'INVITE':
      sendInvite(ground, owner, message, draft, reply);
      return;
    case 'SUBSCRIBE':
      sendSubscribe(ground, owner, draft, reply);
      return;
    default:
      new OutgoingRequest(ground, owner, '').send(draft, reply);
  }
}

function sendInvite(
  ground: Ground,
  owner: Application,
  message: AppMessage,
  draft: Draft,
  reply: Reply,
): void {
  const leg = newLeg(ground, owner, draft, 'INVITE');
  if (!leg) {
    reply(refused('Error creating leg: a dialog of that Call-ID and tag exists'));
    return;
  }
  ground.counts.invitesOut += 1;
  const transactionId = ground.ids.uuid();
  const invite = new OutgoingInvite(ground, leg, undefined, transactionId);
  invite.send(draft, message, (departure) => {
    if (!departure.ok) return reply(refused(textOf(departure)));
    reply({ kind: 'request-sent', sent: departure.sent, transactionId });
    const { request } = departure.transaction;
    ground.cdr({ kind: 'attempt', source: 'application', message: request });
  });
}

function sendSubscribe(ground: Ground, owner: Application, draft: Draft, reply: Reply): void {
  const leg = newLeg(ground, owner, draft, 'SUBSCRIBE');
  if (!leg) {
    reply(refused('Error creating leg: a dialog of that Call-ID and tag exists'));
    return;
  }
  leg.subscribe = { ...draft, kind: 'request' };
  const request = new OutgoingRequest(ground, owner, leg.id, (response, inbound, subscribe) => {
    if (response.status < 200) return;
    if (response.status >= 300) return leg.end();
    const tag = toTag(response) ?? '';
    const fork =
      leg.fork(tag) ?? (inbound && leg.addFork(Dialog.asUac(subscribe, response), inbound));
    if (fork) leg.confirm(fork);
    watchSubscription(ground, leg, expires(response) ?? expires(subscribe));
  });
  request.send(draft, reply);
}

function newLeg(
  ground: Ground,
  owner: Application,
  draft: Draft,
  usage: 'INVITE' | 'SUBSCRIBE',
): Leg | undefined {
  const id = { callId: callId(draft), fromTag: fromTag(draft) ?? '' };
  if (ground.legs.get(legId(id.callId, id.fromTag))) return undefined;
  return new Leg(ground, { role: 'uac', usage, owner, ...id });
}

/** The request as the application's wishes and RFC 3261 §8.1.1 make it, or why there is none. */
function draftOf(ground: Ground, message: AppMessage, nextHop: string | undefined): Draft | string {
  const { start, startLine, body } = message;
  const uri = start?.kind === 'request' ? parseUri(start.uri) : undefined;
  if (start?.kind !== 'request' || !uri) return `invalid request-uri: ${startLine}`;
  const isSip = uri.scheme === 'sip' || uri.scheme === 'sips';
  if (!isSip && !nextHop) return `invalid request-uri: ${startLine}`;
  if (body.length > 0 && !contentTypeOf(message)) return REFUSALS.noContentType;
  const from = taggedFrom(ground, headerIn(message.headers, 'From'));
  if (from === undefined) return 'invalid From header';
  const to = headerIn(message.headers, 'To') ?? oneLine(`<${start.uri}>`);
  if (!parseNameAddr(to)) return 'invalid To header';

  const headers: Header[] = [
    { name: 'Max-Forwards', value: headerIn(message.headers, 'Max-Forwards') ?? '70' },
    new HeaderLine('From', from),
    new HeaderLine('To', to),
    { name: 'Call-ID', value: headerIn(message.headers, 'Call-ID') || ground.ids.uuid() },
    { name: 'CSeq', value: `${cseq(message)?.seq ?? 1} ${start.method}` },
  ];
  const own = withContentType(message, message.headers);
  for (const header of start.method === 'INVITE' ? withTimerSupport(own) : own) {
    if (!NUMBERED.has(header.name)) headers.push(header);
  }
  if (ground.userAgent && headerIn(headers, 'User-Agent') === undefined) {
    headers.push({ name: 'User-Agent', value: ground.userAgent });
  }
  return {
    method: start.method,
    uri: start.uri,
    headers,
    body,
    nextHop: nextHop ?? start.uri,
    needsContact: NEEDS_CONTACT.has(start.method),
  };
}

/** Those the draft begins with. */
const NUMBERED: ReadonlySet<string> = new Set(['Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq']);

function taggedFrom(ground: Ground, from: string | undefined): string | undefined {
  const value = from ?? '<sip:localhost>';
  const address = parseNameAddr(value);
  if (!address) return undefined;
  return address.params.has('tag') ? value : `${value};tag=${ground.ids.token(8)}`;
}
