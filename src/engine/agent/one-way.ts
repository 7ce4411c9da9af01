import type { Ids as IdSource } from '../../core';
import { serialize } from '../message';
import { compact, type Network } from '../transaction';
import type { Destination } from '../transport';
import type { Sent } from './application';
import { complete, type Draft, sentFrom } from './draft';

/**
 * A request outside of transactions: the ACK to a 2xx (RFC 3261 §13.2.2.4). When one place cannot be
 * reached it goes on to the next; repetitions go where the last one went.
 */
export class OneWay {
  #next = 0;
  /** Kept as long as another place may be tried. */
  #draft: Draft | undefined;
  #last: { readonly sent: Sent; readonly destination: Destination } | undefined;

  constructor(
    draft: Draft,
    private readonly places: readonly Destination[],
    private readonly network: Network,
    private readonly ids: IdSource,
  ) {
    this.#draft = draft;
  }

  /** Sends it; undefined when no socket of ours fits any of the places. */
  depart(): Sent | undefined {
    this.#goOn();
    return this.#last?.sent;
  }

  repeat(): void {
    const last = this.#last;
    if (!last) return;
    this.network.send(last.sent.bytes, last.destination, () => {
      // Two copies may fail at one place; one of them moves on.
      if (this.#last === last) this.#goOn();
    });
  }

  #goOn(): void {
    const draft = this.#draft;
    while (draft && this.#next < this.places.length) {
      const destination = this.places[this.#next]!;
      this.#next += 1;
      const local = this.network.localFor(destination.protocol, destination.address);
      if (!local) continue;
      if (this.#next === this.places.length) this.#draft = undefined;
      const bytes = compact(serialize(complete(draft, local, this.ids)));
      this.#last = { sent: sentFrom(local, bytes), destination };
      this.repeat();
      return;
    }
  }
}
