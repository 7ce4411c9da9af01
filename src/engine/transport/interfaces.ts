import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { family } from './address';

/** An address of this machine. */
export interface InterfaceAddress {
  readonly address: string;
  /** Loopback. */
  readonly internal: boolean;
  /** `address/prefix length`; null when the system does not say. */
  readonly cidr: string | null;
}

/** This machine's addresses now. Link-local IPv6 is left out: it means nothing without a zone. */
export function interfaceAddresses(): readonly InterfaceAddress[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80'));
}

/**
 * The address of ours that a peer can most likely reach: one in its own network, else for a
 * loopback peer a loopback one, else the first that is not loopback.
 */
export function addressTowards(
  remote: string,
  addresses: readonly InterfaceAddress[],
): string | undefined {
  const candidates = addresses.filter(({ address }) => family(address) === family(remote));
  const neighbour = candidates.find(({ cidr }) => cidr !== null && contains(cidr, remote));
  const chosen = neighbour ?? candidates.find(({ internal }) => !internal) ?? candidates[0];
  return chosen?.address;
}

function contains(cidr: string, remote: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/');
  const kind = family(network) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), kind);
  return list.check(remote.replace(/%.*$/, ''), kind);
}
