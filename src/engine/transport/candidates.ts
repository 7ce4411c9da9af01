import type { Clock, Instant } from '../../core';
import { type Address, formatAddress, type Protocol } from './address';
import type { Destination } from './destination';
import type { NextHop } from './resolver';
import { MAX_DATAGRAM_BYTES } from './udp';

/** RFC 3261 §18.1.1: a request larger than this, the path MTU unknown, leaves by TCP. */
export const LARGE_REQUEST_BYTES = 1_300;

/** How long a peer that did not take TCP is not asked again. */
const NO_TCP_MS = 10 * 60_000;
const REMEMBERED = 1_000;

/** Chooses transports by size, and remembers who has none but UDP. */
export class Candidates {
  readonly #withoutTcp = new Map<string, Instant>();

  constructor(
    private readonly clock: Clock,
    /** Whether we have a socket for it. */
    private readonly canReach: (protocol: Protocol, address: string) => boolean,
  ) {}

  /** Where to try a request of about `bytes` bytes, best first. */
  of(hops: readonly NextHop[], bytes: number): readonly Destination[] {
    const usable = this.#usable(hops);
    const places =
      bytes > LARGE_REQUEST_BYTES
        ? this.#forLarge(usable, bytes)
        : usable.map((hop) => place(hop, hop.protocol));
    return places.filter(({ protocol, address }) => this.canReach(protocol, address));
  }

  /**
   * Where UDP was only assumed (RFC 3263 §4.1) and we have none, TCP is meant: the only transport
   * there is.
   */
  #usable(hops: readonly NextHop[]): readonly NextHop[] {
    if (hops.some(({ protocol, address }) => this.canReach(protocol, address))) return hops;
    return hops.map((hop) =>
      hop.protocol === 'udp' && !hop.fixed ? { ...hop, protocol: 'tcp' } : hop,
    );
  }

  /** Call when a connection tried for the size only did not come up. */
  refusedTcp(to: Address): void {
    const [oldest] = this.#withoutTcp.keys();
    if (this.#withoutTcp.size >= REMEMBERED && oldest !== undefined) {
      this.#withoutTcp.delete(oldest);
    }
    this.#withoutTcp.set(placeOf(to), this.clock.now() + NO_TCP_MS);
  }

  #forLarge(hops: readonly NextHop[], bytes: number): readonly Destination[] {
    const fits = bytes <= MAX_DATAGRAM_BYTES;
    const streams = hops.filter(({ protocol }) => protocol !== 'udp');
    const datagrams = hops.filter(({ protocol }) => protocol === 'udp');
    const upgraded = datagrams.filter(
      (hop) => !fits || (!hop.fixed && streams.length === 0 && !this.#lacksTcp(hop)),
    );
    return [
      ...streams.map((hop) => place(hop, hop.protocol)),
      ...upgraded.map((hop) => ({ ...place(hop, 'tcp'), opportunistic: true })),
      ...(fits ? datagrams.map((hop) => place(hop, 'udp')) : []),
    ];
  }

  #lacksTcp(hop: Address): boolean {
    const until = this.#withoutTcp.get(placeOf(hop));
    return until !== undefined && until > this.clock.now();
  }
}

function place({ address, port }: NextHop, protocol: Protocol): Destination {
  return { protocol, address, port };
}

function placeOf({ address, port }: Address): string {
  return formatAddress({ protocol: 'tcp', address, port });
}
