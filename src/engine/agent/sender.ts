import type { Ids as IdSource } from '../../core';
import {
  asSipUri,
  formatHostPort,
  type Header,
  MAGIC_COOKIE,
  type SipRequest,
  serialize,
} from '../message';
import type {
  ClientTransaction,
  ClientUser,
  InboundResponse,
  Network,
  TransactionLayer,
} from '../transaction';
import type { Destination, LocalEnd, Resolution } from '../transport';
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

/** A request on its way. */
export interface Leaving {
  readonly transaction: ClientTransaction;
  readonly sent: Sent;
}

export type Departure =
  | ({ readonly ok: true } & Leaving)
  | { readonly ok: false; readonly reason: string; readonly toMyself?: boolean };

/** What a sender's user hears: as a client transaction's, over all the places tried. */
export interface SendUser extends ClientUser {
  /** Another place is tried: this transaction takes over. */
  onRetry?(leaving: Leaving): void;
  /** False when the request is wanted no longer. */
  mayRetry?(): boolean;
}

/**
 * Sends requests: finds the next hop (RFC 3263), writes Via and what depends on the transport chosen
 * (RFC 3261 §18.1.1), and goes on to the next place when one cannot be reached, times out or is out
 * of service (RFC 3263 §4.3).
 */
export class Sender {
  constructor(
    private readonly network: Network,
    private readonly layer: TransactionLayer,
    private readonly ids: IdSource,
  ) {}

  /**
   * Begins a transaction. `departed` is called once, before any other call of `user`; at once, when
   * no name has to be looked up.
   */
  send(draft: Draft, user: SendUser, departed: (departure: Departure) => void): void {
    this.#withPlaces(draft, (places) => {
      if (typeof places === 'string') departed({ ok: false, reason: places });
      else new Journey(draft, places, user, this.network, this.layer, this.ids).begin(departed);
    });
  }

  /** Sends once, outside of transactions: ACK to a 2xx (RFC 3261 §13.2.2.4). */
  sendOnce(
    draft: Draft,
    departed: (result: { sent: Sent; destination: Destination } | string) => void,
  ): void {
    this.#withPlaces(draft, (places) => {
      if (typeof places === 'string') return departed(places);
      for (const destination of places) {
        const local = this.network.localFor(destination.protocol, destination.address);
        if (!local) continue;
        const bytes = serialize(complete(draft, local, this.ids));
        this.network.send(bytes, destination);
        return departed({ sent: sentFrom(local, bytes), destination });
      }
      departed(NOTHING_FITS);
    });
  }

  #withPlaces(draft: Draft, then: (places: readonly Destination[] | string) => void): void {
    if (draft.direct) {
      then([draft.direct]);
      return;
    }
    const uri = asSipUri(draft.nextHop);
    const arrive = (resolution: Resolution) => then(this.#places(draft, resolution));
    const known = uri ? this.network.known(uri) : NO_URI;
    if (known) arrive(known);
    else if (uri) void this.network.resolve(uri).then(arrive);
  }

  #places(draft: Draft, resolution: Resolution): readonly Destination[] | string {
    const places: Destination[] = draft.preferred ? [draft.preferred] : [];
    if (resolution.ok) {
      places.push(...this.network.candidates(resolution.hops, approximateSize(draft)));
    }
    if (draft.fallback && draft.fallback !== draft.preferred) places.push(draft.fallback);
    return places.length > 0 || resolution.ok ? places : resolution.reason;
  }
}

const NO_URI: Resolution = { ok: false, reason: 'next hop is no SIP URI' };
const NOTHING_FITS = 'no socket of ours fits the protocol and family';

/** What it takes to leave for one place. */
interface Ready {
  readonly draft: Draft;
  readonly destination: Destination;
  readonly local: LocalEnd;
}

/** One request over the places it can go to. */
class Journey implements ClientUser {
  #next = 0;
  /** The highest status heard: from then on it is this place's business. */
  #heard = 0;
  #begun = false;
  /** Kept as long as another place may be tried. */
  #draft: Draft | undefined;

  constructor(
    draft: Draft,
    private readonly places: readonly Destination[],
    private readonly user: SendUser,
    private readonly network: Network,
    private readonly layer: TransactionLayer,
    private readonly ids: IdSource,
  ) {
    this.#draft = draft;
  }

  begin(departed: (departure: Departure) => void): void {
    const ready = this.#prepare();
    if (!ready) {
      departed({ ok: false, reason: NOTHING_FITS });
      return;
    }
    if (isSame(ready.destination, ready.local) && !ready.draft.direct) {
      departed({ ok: false, reason: 'the next hop is this engine', toMyself: true });
      return;
    }
    this.#begun = true;
    departed({ ok: true, ...this.#depart(ready) });
  }

  onResponse(inbound: InboundResponse): void {
    // RFC 3263 §4.3: 503 says that this place is out of service, not that the request is refused.
    const { status } = inbound.message;
    if (status === 503 && this.#heard <= 100 && this.#retry()) return;
    this.#heard = Math.max(this.#heard, status);
    if (status >= 200) this.#draft = undefined;
    this.user.onResponse(inbound);
  }

  onFailure(failure: 'timed-out' | 'failed'): void {
    if (this.#heard === 0 && this.#retry()) return;
    this.user.onFailure(failure);
  }

  onTerminated(): void {
    this.user.onTerminated?.();
  }

  #retry(): boolean {
    if (!this.#begun || this.user.mayRetry?.() === false) return false;
    const ready = this.#prepare();
    if (!ready) return false;
    this.user.onRetry?.(this.#depart(ready));
    return true;
  }

  #prepare(): Ready | undefined {
    const draft = this.#draft;
    while (draft && this.#next < this.places.length) {
      const destination = this.places[this.#next]!;
      this.#next += 1;
      const local = this.network.localFor(destination.protocol, destination.address);
      if (local) return { draft, destination, local };
    }
    return undefined;
  }

  #depart({ draft, destination, local }: Ready): Leaving {
    const request = complete(draft, local, this.ids);
    const transaction = this.layer.start(request, destination, this);
    return { transaction, sent: sentFrom(local, transaction.bytes) };
  }
}

/** The request as it leaves towards one place. */
function complete(draft: Draft, local: LocalEnd, ids: IdSource): SipRequest {
  const sentBy = formatHostPort(local.advertised.address, local.advertised.port);
  const via = `SIP/2.0/${local.protocol.toUpperCase()} ${sentBy};rport;branch=${MAGIC_COOKIE}${ids.token(8)}`;
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
function approximateSize(draft: Draft): number {
  const OURS = 160;
  let size = OURS + draft.method.length + draft.uri.length + draft.body.length;
  for (const { name, value } of draft.headers) size += name.length + value.length + 4;
  return size;
}

/** Whether a request to that place would come back to us. */
function isSame({ protocol, address, port }: Destination, local: LocalEnd): boolean {
  if (protocol !== local.protocol || port !== local.port) return false;
  return address === local.address || address === local.advertised.address;
}

export function sentFrom({ protocol, advertised }: LocalEnd, bytes: Buffer): Sent {
  return { bytes, protocol, ...advertised };
}
