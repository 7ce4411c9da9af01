import { type Leg, legId } from './leg';

/** Every leg by the names under which it is looked for. */
export class LegTable {
  readonly #byId = new Map<string, Leg>();
  readonly #byTag = new Map<string, Leg>();
  readonly #byCallId = new Map<string, Leg>();

  get size(): number {
    return this.#byId.size;
  }

  /** The application's name for it. */
  get(id: string): Leg | undefined {
    return this.#byId.get(id);
  }

  /** By Call-ID and the tag of our side: what a request inside a dialog carries in To. */
  find(callId: string, localTag: string): Leg | undefined {
    return this.#byTag.get(tagKey(callId, localTag));
  }

  /**
   * The call that a request without a To tag means, where its sender knows no tags (RFC 2543): the one
   * that this peer began with this Call-ID.
   */
  untagged(callId: string, remoteTag: string): Leg | undefined {
    const leg = this.#byId.get(legId(callId, remoteTag));
    return leg?.role === 'uas' && leg.usage === 'INVITE' ? leg : undefined;
  }

  /** The last one begun with this Call-ID. */
  ofCallId(callId: string): Leg | undefined {
    return this.#byCallId.get(callId);
  }

  add(leg: Leg): void {
    this.#byId.set(leg.id, leg);
    this.#byCallId.set(leg.callId, leg);
    this.named(leg);
  }

  /** Our side's tag was chosen. */
  named(leg: Leg): void {
    if (leg.localTag !== undefined) this.#byTag.set(tagKey(leg.callId, leg.localTag), leg);
  }

  remove(leg: Leg): void {
    if (this.#byId.get(leg.id) === leg) this.#byId.delete(leg.id);
    if (this.#byCallId.get(leg.callId) === leg) this.#byCallId.delete(leg.callId);
    if (leg.localTag === undefined) return;
    const key = tagKey(leg.callId, leg.localTag);
    if (this.#byTag.get(key) === leg) this.#byTag.delete(key);
  }

  [Symbol.iterator](): IterableIterator<Leg> {
    return this.#byId.values();
  }
}

function tagKey(callId: string, tag: string): string {
  return `${callId} ${tag}`;
}
