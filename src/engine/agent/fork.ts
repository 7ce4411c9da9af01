import { type Dialog, isBehindNat, ReliableSequence } from '../dialog';
import type { Destination, Inbound } from '../transport';

/** One of the dialogs that an INVITE makes, and the path to its peer. */
export class Fork {
  /** Reliable provisional responses received in it (RFC 3262 §4). */
  readonly sequence = new ReliableSequence();
  #source: Destination;
  /** What the peer's Allow says of UPDATE; undefined as long as it says nothing. */
  allowsUpdate: boolean | undefined;

  constructor(
    readonly dialog: Dialog,
    inbound: Inbound,
  ) {
    this.#source = sourceOf(inbound);
  }

  /** Where the peer was last heard from. */
  heard(inbound: Inbound): void {
    this.#source = sourceOf(inbound);
  }

  /** Where requests go whatever the Contact says: the peer is behind NAT. */
  get direct(): Destination | undefined {
    if (this.dialog.routed) return undefined;
    return isBehindNat(this.dialog.remoteTarget, this.#source.address) ? this.#source : undefined;
  }

  /** The way the peer came, for when its Contact cannot be reached: an open stream. */
  get fallback(): Destination | undefined {
    return this.#source.protocol === 'udp' || this.dialog.routed ? undefined : this.#source;
  }
}

function sourceOf({ source, local, connection }: Inbound): Destination {
  return connection === undefined ? { ...source, local } : { ...source, connection };
}
