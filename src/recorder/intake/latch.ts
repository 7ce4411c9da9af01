import type { Instant, Millis } from '../../core';
import type { Endpoint } from '../../media';

export interface Sender {
  readonly address: string;
  readonly port: number;
}

/** After so much silence the same host may send from another port: a NAT has forgotten the old one. */
const FORGOTTEN: Millis = 5_000;

/**
 * Who may send on a line (RFC 4961): the first to send, until somebody sends from exactly where
 * signalling said, or signalling says anew. Everybody else is a stranger.
 */
export class Latch {
  #signalled: Endpoint | undefined;
  #latched: Sender | undefined;
  #heardAt: Instant = 0;

  /** Where our reports go. */
  get sender(): Sender | undefined {
    return this.#latched;
  }

  /** Signalling says where the sender is. */
  expect(remote: Endpoint | undefined): void {
    const same =
      remote?.address === this.#signalled?.address && remote?.rtpPort === this.#signalled?.rtpPort;
    this.#signalled = remote;
    if (!same) this.#latched = undefined;
  }

  /** May this packet pass? */
  admits({ address, port }: Sender, now: Instant): boolean {
    const known = this.#latched;
    if (known?.port === port && known.address === address) {
      this.#heardAt = now;
      return true;
    }
    const announced = address === this.#signalled?.address && port === this.#signalled.rtpPort;
    const returned = known?.address === address && now - this.#heardAt > FORGOTTEN;
    if (known && !announced && !returned) return false;
    this.#latched = { address, port };
    this.#heardAt = now;
    return true;
  }
}
