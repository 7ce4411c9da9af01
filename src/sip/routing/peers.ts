import { BlockList, isIP, isIPv6 } from 'node:net';
import type { SrtpRule } from '../../media';

/** A block of addresses: RFC 4632, RFC 4291 §2.3. */
export interface AddressBlock {
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
}

/** Someone who may send us requests, and to whom calls may go. */
export interface Peer {
  readonly name: string;
  /** Where its requests come from. */
  readonly addresses: readonly AddressBlock[];
  /** `sip:HOST:PORT;transport=tcp`; undefined: it only calls in. */
  readonly target?: string | undefined;
  /** It leads out of the organization. Default false. */
  readonly trunk?: boolean | undefined;
  /** Whether media with it is by SRTP. Default `mirror`. */
  readonly srtp?: SrtpRule | undefined;
}

interface Rule {
  readonly prefix: number;
  readonly block: BlockList;
  readonly peer: Peer;
}

/** How many addresses are remembered, so that a busy peer costs one look-up a request. */
const REMEMBERED = 4096;

/** Who is who by source address: the narrowest block decides. */
export class PeerTable {
  readonly #rules: readonly Rule[];
  readonly #byName: ReadonlyMap<string, Peer>;
  readonly #remembered = new Map<string, Peer | undefined>();

  constructor(peers: readonly Peer[]) {
    this.#byName = new Map(peers.map((peer) => [peer.name, peer]));
    this.#rules = peers
      .flatMap((peer) =>
        peer.addresses.map(({ address, prefix, family }) => {
          const block = new BlockList();
          block.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
          // An IPv4 block of a given length is as narrow as its IPv4-mapped form.
          return { prefix: family === 4 ? prefix + 96 : prefix, block, peer };
        }),
      )
      .sort((one, other) => other.prefix - one.prefix);
  }

  named(name: string): Peer | undefined {
    return this.#byName.get(name);
  }

  /** Whose address this is; nobody's when it is a host name. */
  at(address: string): Peer | undefined {
    if (isIP(address) === 0) return undefined;
    if (this.#remembered.has(address)) return this.#remembered.get(address);
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const peer = this.#rules.find(({ block }) => block.check(address, family))?.peer;
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
    this.#remembered.set(address, peer);
    return peer;
  }
}
