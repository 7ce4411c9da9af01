/** Why a request that would change the session cannot be taken now. */
export type Refusal =
  /** RFC 3261 §14.2, RFC 3311 §5.2: both sides began at once. */
  | { readonly status: 491 }
  /** The peer has begun something before its last one was answered: 500 with Retry-After. */
  | { readonly status: 500 };

export type Side = 'local' | 'remote';
type Method = 'INVITE' | 'UPDATE' | 'PRACK';

const GLARE: Refusal = { status: 491 };
const TOO_EARLY: Refusal = { status: 500 };

interface Pending {
  /** The request carried an offer. */
  readonly offers: boolean;
  /** A response to it has carried a body: what later ones repeat says nothing new. */
  said: boolean;
}

/**
 * Keeps INVITE, UPDATE and their offers from crossing inside one dialog: RFC 3261 §14, RFC 3262 §5,
 * RFC 3311 §5. Only whether a message has a body is looked at, never what is in it.
 */
export class OfferGate {
  readonly #pending = new Map<string, Pending>();
  /** An offer that waits for its answer: who made it, in the course of which request. */
  #offer: { readonly by: Side; readonly during: Method } | undefined;

  /** Whether a re-INVITE or UPDATE of the peer may be taken. */
  admit(method: 'INVITE' | 'UPDATE', hasBody: boolean): Refusal | undefined {
    if (this.#pending.has(`remote ${method}`)) return TOO_EARLY;
    if (method === 'INVITE' && this.#pending.has('local INVITE')) return GLARE;
    if (method === 'UPDATE' && !hasBody) return undefined;
    if (this.#offer === undefined) return undefined;
    return this.#offer.by === 'local' ? GLARE : TOO_EARLY;
  }

  /** Whether this side may begin one now (§14.1). */
  mayBegin(method: 'INVITE' | 'UPDATE', hasBody: boolean): boolean {
    if (this.#pending.has(`local ${method}`)) return false;
    if (method === 'INVITE' && this.#pending.has('remote INVITE')) return false;
    return (method === 'UPDATE' && !hasBody) || this.#offer === undefined;
  }

  /** A request went (`local`) or came (`remote`) and was admitted. */
  request(by: Side, method: Method, hasBody: boolean): void {
    // The body of a PRACK answers what a reliable provisional response offered, if it did.
    const answers = method === 'PRACK' && this.#offer !== undefined && this.#offer.by !== by;
    const offers = hasBody && !answers;
    if (hasBody && answers) this.#offer = undefined;
    if (offers) this.#offer = { by, during: method };
    this.#pending.set(`${by} ${method}`, { offers, said: false });
  }

  /** A response to a request of `by`. A provisional one may carry the answer, or the offer. */
  response(by: Side, method: Method, status: number, hasBody: boolean): void {
    const pending = this.#pending.get(`${by} ${method}`);
    if (!pending) return;
    if (hasBody && status < 300 && !pending.said) {
      pending.said = true;
      if (pending.offers) this.#settle(method);
      else this.#offer ??= { by: by === 'local' ? 'remote' : 'local', during: method };
    }
    if (status < 200) return;
    this.#pending.delete(`${by} ${method}`);
    // An offer that was refused, or passed over by a 2xx, lapses. Only one made in the 2xx itself
    // stays open, for the ACK.
    if (status >= 300 || pending.offers) this.#settle(method);
  }

  /** The ACK to a 2xx carries the answer when the 2xx carried the offer. */
  acknowledged(): void {
    this.#settle('INVITE');
  }

  #settle(method: Method): void {
    if (this.#offer?.during === method) this.#offer = undefined;
  }
}
