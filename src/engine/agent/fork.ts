import { type Dialog, isBehindNat, ReliableSequence } from '../dialog';
import { asSipUri } from '../message';
import type { Destination, Inbound } from '../transport';

/** One of the dialogs that an INVITE makes, and the path to its peer. */
export class Fork {
  /** Reliable provisional responses received in it (RFC 3262 §4). */
  readonly sequence = new ReliableSequence();
  #source: Destination;
  /** The last answer to whether the peer is behind NAT, and what it was asked for. */
  #nat: { readonly target: string; readonly address: string; readonly behind: boolean } | undefined;
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
    const { source, connection } = inbound;
    const { address, port, connection: known } = this.#source;
    if (source.address === address && source.port === port && connection === known) return;
    this.#source = sourceOf(inbound);
  }

  /** Where requests go whatever the Contact says: the peer is behind NAT. */
  get direct(): Destination | undefined {
    if (this.dialog.routed) return undefined;
    const { remoteTarget: target } = this.dialog;
    const { address } = this.#source;
    if (this.#nat?.target !== target || this.#nat.address !== address) {
      this.#nat = { target, address, behind: isBehindNat(target, address) };
    }
    return this.#nat.behind ? this.#source : undefined;
  }

  /** The stream the peer came by, for when its Contact cannot be reached. */
  get fallback(): Destination | undefined {
    return this.#source.protocol === 'udp' || this.dialog.routed ? undefined : this.#source;
  }

  /**
   * The same stream, to be tried first: the Contact names the host at its other end and no transport.
   * By the letter that means UDP (RFC 3263 §4.1); who speaks TCP with us is rarely found there.
   */
  get preferred(): Destination | undefined {
    const { fallback } = this;
    if (!fallback) return undefined;
    const contact = asSipUri(this.dialog.remoteTarget);
    const isThere = contact?.host === fallback.address && !contact.params.has('transport');
    return isThere ? fallback : undefined;
  }
}

function sourceOf({ source, local, connection }: Inbound): Destination {
  const { protocol, address, port } = source;
  return connection === undefined
    ? { protocol, address, port, local }
    : { protocol, address, port, connection };
}
