import { Fault } from '../../core';
import type { Endpoint } from '../../media';

/** One address of ours for media. */
export interface MediaAddress {
  /** What sockets are bound on. */
  readonly bind: string;
  /** What descriptions say, when we stand behind NAT; by default `bind`. */
  readonly advertise?: string | undefined;
}

/** Our addresses for media, one a family; at least one is there. */
export class MediaAddresses {
  constructor(
    private readonly ipv4: MediaAddress | undefined,
    private readonly ipv6: MediaAddress | undefined,
  ) {}

  /** @throws Fault OFFER_NOT_UNDERSTOOD when there is no address of this family */
  bind(family: 4 | 6): string {
    return this.#of(family).bind;
  }

  /** The address that descriptions for a reader of this family show. */
  shown(family: 4 | 6): string {
    const { bind, advertise } = (family === 4 ? this.ipv4 : this.ipv6) ?? this.ipv4 ?? this.ipv6!;
    return advertise ?? bind;
  }

  advertised(local: Endpoint): Endpoint {
    const own = local.address.includes(':') ? this.ipv6 : this.ipv4;
    return own?.advertise === undefined ? local : { ...local, address: own.advertise };
  }

  #of(family: 4 | 6): MediaAddress {
    const address = family === 4 ? this.ipv4 : this.ipv6;
    if (!address) {
      throw new Fault('OFFER_NOT_UNDERSTOOD', `there is no IPv${family} address for its media`);
    }
    return address;
  }
}
