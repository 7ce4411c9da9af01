import { lookup, Resolver as SystemResolver } from 'node:dns/promises';

/** One SRV record: RFC 2782. */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** The questions asked of DNS. Each gives an empty list when there is no such name or record. */
export interface Dns {
  srv(name: string): Promise<readonly SrvRecord[]>;
  /** IPv4 and IPv6 addresses of a host. */
  addresses(host: string): Promise<readonly string[]>;
}

/** For the first of two tries; the second has twice as long. */
const QUESTION_MS = 1_000;

/** The system's resolver: hosts file and search domains for addresses, name servers for SRV. */
export function systemDns(): Dns {
  const resolver = new SystemResolver({ timeout: QUESTION_MS, tries: 2 });
  return {
    srv: (name) => orNone(resolver.resolveSrv(name)),
    addresses: async (host) => {
      const found = await orNone(lookup(host, { all: true, order: 'ipv4first' }));
      return found.map(({ address }) => address);
    },
  };
}

/** No such name is an answer; that the question failed is not. */
async function orNone<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await answer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw error;
  }
}
