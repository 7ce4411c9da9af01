import type { Ids as IdSource } from '../../core';
import { formatHostPort, type Header, MAGIC_COOKIE, type SipRequest, serialize } from '../message';
import type { Destination, LocalEnd } from '../transport';
import type { Sent } from './application';
import { localized, ownContact } from './localhost';

/** A request still without Via, with its Contact and `@localhost` left open. */
export interface Draft {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
  /** The URI whose host it goes to. */
  readonly nextHop: string;
  /** Goes here and nowhere else: a peer behind NAT, the target of a CANCEL. */
  readonly direct?: Destination | undefined;
  /** Tried before anything that `nextHop` resolves to. */
  readonly preferred?: Destination | undefined;
  /** Tried when nothing that `nextHop` resolves to can be reached: where the peer last spoke from. */
  readonly fallback?: Destination | undefined;
  /** A Contact of ours is put in when there is none. */
  readonly needsContact: boolean;
  /** For a request that is proxied: it is sent on as it came. */
  readonly relayed?: {
    /** Those of the request, below our own. */
    readonly vias: readonly Header[];
    /** The user part of our Record-Route, when later requests are to come by here. */
    readonly recordRoute: string | undefined;
  };
}

/** A transport as Via names it. */
const SENT_BY = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' } as const;

/** The request as it leaves from that end of ours. */
export function complete(draft: Draft, local: LocalEnd, ids: IdSource): SipRequest {
  const sentBy = formatHostPort(local.advertised.address, local.advertised.port);
  const via = `SIP/2.0/${SENT_BY[local.protocol]} ${sentBy};rport;branch=${MAGIC_COOKIE}${ids.token(8)}`;
  const headers: Header[] = [{ name: 'Via', value: via }];
  if (draft.relayed) {
    headers.push(...draft.relayed.vias, ...recordRoute(draft.relayed.recordRoute, local));
    headers.push(...draft.headers);
    return { kind: 'request', method: draft.method, uri: draft.uri, headers, body: draft.body };
  }
  let hasContact = false;
  for (const header of draft.headers) {
    if (header.name === 'Contact') hasContact = true;
    headers.push(localized(header, local));
  }
  if (draft.needsContact && !hasContact) {
    headers.push({ name: 'Contact', value: ownContact(local) });
  }
  return { kind: 'request', method: draft.method, uri: draft.uri, headers, body: draft.body };
}

function recordRoute(user: string | undefined, local: LocalEnd): readonly Header[] {
  if (user === undefined) return [];
  const transport = local.protocol === 'udp' ? '' : `;transport=${local.protocol}`;
  const place = formatHostPort(local.advertised.address, local.advertised.port);
  return [{ name: 'Record-Route', value: `<sip:${user}@${place}${transport};lr>` }];
}

/** About as many bytes as it will have on the wire (RFC 3261 §18.1.1 looks at 1300). */
export function approximateSize(draft: Draft): number {
  const OURS = 160;
  let size = OURS + draft.method.length + draft.uri.length + draft.body.length;
  for (const { name, value } of draft.headers) size += name.length + value.length + 4;
  return size;
}

export function sentFrom(
  { protocol, advertised: { address, port } }: LocalEnd,
  bytes: Buffer,
  message?: SipRequest,
): Sent {
  return message === undefined
    ? { bytes, protocol, address, port }
    : { bytes, message, protocol, address, port };
}

/** What an application is shown of a request that never left: whole, but from nowhere. */
export function unsent({ method, uri, headers, body }: Draft): Sent {
  const via = { name: 'Via', value: `SIP/2.0/UDP unsent.invalid;branch=${MAGIC_COOKIE}unsent` };
  const bytes = serialize({ kind: 'request', method, uri, headers: [via, ...headers], body });
  return { bytes, protocol: 'udp', address: '', port: 0 };
}
