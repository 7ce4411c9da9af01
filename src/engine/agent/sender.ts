import type { Ids as IdSource } from '../../core';
import { asSipUri } from '../message';
import type { Network, TransactionLayer } from '../transaction';
import type { Destination, Resolution } from '../transport';
import type { Sent } from './application';
import { approximateSize, type Draft } from './draft';
import { type Departure, Journey, type SendUser } from './journey';
import { NOTHING_FITS, type NotSent } from './not-sent';
import { OneWay } from './one-way';

/** A one-way request as it left, and what repeats it. */
export type Dispatched = { readonly sent: Sent; readonly request: OneWay };

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
      if (!isFound(places)) departed({ ok: false, ...places });
      else new Journey(draft, places, user, this.network, this.layer, this.ids).begin(departed);
    });
  }

  /** Sends outside of transactions: ACK to a 2xx (RFC 3261 §13.2.2.4). `departed` as for `send`. */
  sendOnce(draft: Draft, departed: (result: Dispatched | NotSent) => void): void {
    this.#withPlaces(draft, (places) => {
      if (!isFound(places)) return departed(places);
      const request = new OneWay(draft, places, this.network, this.ids);
      const sent = request.depart();
      departed(sent ? { sent, request } : NOTHING_FITS);
    });
  }

  #withPlaces(draft: Draft, then: (places: readonly Destination[] | NotSent) => void): void {
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

  #places(draft: Draft, resolution: Resolution): readonly Destination[] | NotSent {
    const places: Destination[] = draft.preferred ? [draft.preferred] : [];
    if (resolution.ok) {
      places.push(...this.network.candidates(resolution.hops, approximateSize(draft)));
    }
    if (draft.fallback && draft.fallback !== draft.preferred) places.push(draft.fallback);
    if (places.length > 0 || resolution.ok) return places;
    const why = resolution.unsupported ? 'no-transport' : 'no-place';
    return { why, detail: resolution.reason };
  }
}

function isFound(places: readonly Destination[] | NotSent): places is readonly Destination[] {
  return Array.isArray(places);
}

const NO_URI: Resolution = { ok: false, reason: 'next hop is no SIP URI' };
