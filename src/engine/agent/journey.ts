import type { Ids as IdSource } from '../../core';
import type {
  ClientTransaction,
  ClientUser,
  InboundResponse,
  Network,
  TransactionLayer,
} from '../transaction';
import type { Destination, LocalEnd } from '../transport';
import type { Sent } from './application';
import { complete, type Draft, sentFrom } from './draft';
import { NOTHING_FITS, type NotSent, TO_MYSELF } from './not-sent';

/** A request on its way. */
export interface Leaving {
  readonly transaction: ClientTransaction;
  readonly sent: Sent;
}

export type Departure = ({ readonly ok: true } & Leaving) | ({ readonly ok: false } & NotSent);

/** What a sender's user hears: as a client transaction's, over all the places tried. */
export interface SendUser extends ClientUser {
  /** Another place is tried: this transaction takes over. */
  onRetry?(leaving: Leaving): void;
  /** False when the request is wanted no longer. */
  mayRetry?(): boolean;
}

/** What it takes to leave for one place. */
interface Ready {
  readonly draft: Draft;
  readonly destination: Destination;
  readonly local: LocalEnd;
}

/** One request over the places it can go to: RFC 3263 §4.3. */
export class Journey implements ClientUser {
  #next = 0;
  #here: Destination | undefined;
  /** Places that spoke, or kept silent: their hosts are not asked again over another transport. */
  readonly #spent: Destination[] = [];
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
      departed({ ok: false, ...NOTHING_FITS });
      return;
    }
    if (isSame(ready.destination, ready.local) && !ready.draft.direct) {
      departed({ ok: false, ...TO_MYSELF });
      return;
    }
    this.#begun = true;
    departed({ ok: true, ...this.#depart(ready) });
  }

  onResponse(inbound: InboundResponse): void {
    // RFC 3263 §4.3: 503 says that this place is out of service, not that the request is refused.
    const { status } = inbound.message;
    if (status === 503 && this.#heard <= 100 && this.#leaveHost()) return;
    this.#heard = Math.max(this.#heard, status);
    if (status >= 200) this.#draft = undefined;
    this.user.onResponse(inbound);
  }

  onFailure(failure: 'timed-out' | 'failed'): void {
    if (this.#heard === 0) {
      // What could not be sent may go to the same host another way (RFC 3261 §18.1.1).
      const goesOn = failure === 'failed' ? this.#retry() : this.#leaveHost();
      if (goesOn) return;
    }
    this.user.onFailure(failure);
  }

  onTerminated(): void {
    this.user.onTerminated?.();
  }

  #leaveHost(): boolean {
    if (this.#here) this.#spent.push(this.#here);
    return this.#retry();
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
      if (this.#spent.some((place) => isSameHost(place, destination))) continue;
      const local = this.network.localFor(destination.protocol, destination.address);
      if (local) return { draft, destination, local };
    }
    return undefined;
  }

  #depart({ draft, destination, local }: Ready): Leaving {
    this.#here = destination;
    const request = complete(draft, local, this.ids);
    const transaction = this.layer.start(request, destination, this);
    return { transaction, sent: sentFrom(local, transaction.bytes, request) };
  }
}

/** Whether a request to that place would come back to us. */
function isSame({ protocol, address, port }: Destination, local: LocalEnd): boolean {
  if (protocol !== local.protocol || port !== local.port) return false;
  return address === local.address || address === local.advertised.address;
}

/** Two ports of one address are two servers, unless one is a stream that the peer opened to us. */
function isSameHost(one: Destination, other: Destination): boolean {
  if (one.address !== other.address) return false;
  return one.port === other.port || (one.connection ?? other.connection) !== undefined;
}
