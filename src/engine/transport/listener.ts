import { type Address, family, formatAddress, type LocalEnd, type Protocol } from './address';
import { addressTowards, type InterfaceAddress } from './interfaces';

/** Where to listen. */
export interface Binding {
  readonly protocol: Protocol;
  /** Numeric; `0.0.0.0` or `::` for every interface of that family. */
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
  /** What Via and Contact say when it differs, e.g. behind NAT. */
  readonly advertise?: { readonly address: string; readonly port?: number };
}

/** How many peers' answers to "which address of ours do they see" are remembered. */
const REMEMBERED_PEERS = 1_024;

/** The local side of a bound socket: what it is called by whom. */
export class BoundEnd {
  readonly #towards = new Map<string, LocalEnd>();
  readonly #fixed: LocalEnd | undefined;
  readonly bound: Address;

  constructor(
    binding: Binding,
    port: number,
    private readonly interfaces: () => readonly InterfaceAddress[],
  ) {
    const { protocol, address, advertise } = binding;
    this.bound = { protocol, address, port };
    if (advertise || !this.isWildcard) {
      this.#fixed = {
        ...this.bound,
        advertised: { address: advertise?.address ?? address, port: advertise?.port ?? port },
      };
    }
  }

  get isWildcard(): boolean {
    return this.bound.address === '0.0.0.0' || this.bound.address === '::';
  }

  /** Whether a remote address can be reached from here at all. */
  reaches(protocol: Protocol, remote: string): boolean {
    return this.bound.protocol === protocol && family(this.bound.address) === family(remote);
  }

  is(local: LocalEnd): boolean {
    return (
      local.port === this.bound.port &&
      local.address === this.bound.address &&
      local.protocol === this.bound.protocol
    );
  }

  /** Whether that is a name of it: of its own, the advertised one, or of any interface it is bound to. */
  isCalled(host: string, port: number): boolean {
    const advertised = this.#fixed?.advertised;
    if (advertised?.port === port && advertised.address.toLowerCase() === host) return true;
    if (this.bound.port !== port) return false;
    if (!this.isWildcard) return this.bound.address === host;
    const ofOurs = this.interfaces().some(({ address }) => address === host);
    return ofOurs && family(host) === family(this.bound.address);
  }

  /** This end as a peer at `remote` is to see it. */
  towards(remote: string): LocalEnd {
    if (this.#fixed) return this.#fixed;
    const known = this.#towards.get(remote);
    if (known) return known;
    const address = addressTowards(remote, this.interfaces()) ?? this.bound.address;
    const local = { ...this.bound, advertised: { address, port: this.bound.port } };
    // Forgetting all at once is enough: it only saves the look-up.
    if (this.#towards.size >= REMEMBERED_PEERS) this.#towards.clear();
    this.#towards.set(remote, local);
    return local;
  }

  toString(): string {
    return formatAddress(this.bound);
  }
}

/**
 * The end to reach `remote` from. With several, one on the same kind of network: loopback for
 * loopback, another for others; a wildcard or an advertised one serves both.
 */
export function endTowards(
  ends: readonly BoundEnd[],
  protocol: Protocol,
  remote: string,
): BoundEnd | undefined {
  const able = ends.filter((end) => end.reaches(protocol, remote));
  if (able.length <= 1) return able[0];
  const loopback = isLoopback(remote);
  return (
    able.find((end) => end.bound.address === remote) ??
    able.find((end) => !end.isWildcard && isLoopback(end.bound.address) === loopback) ??
    able.find((end) => end.isWildcard) ??
    able[0]
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
