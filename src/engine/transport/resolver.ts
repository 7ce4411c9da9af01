import { isIP, SocketAddress } from 'node:net';
import type { Clock, Instant } from '../../core';
import { paramValue, type SipUri } from '../message';
import { type Address, defaultPort, family, type Protocol } from './address';
import { type Dns, type SrvRecord, systemDns } from './dns';

/** A place to send a request to. */
export interface NextHop extends Address {
  /** The transport was stated (`;transport=`, `sips:`), not assumed. */
  readonly fixed: boolean;
}

export type Resolution =
  | { readonly ok: true; readonly hops: readonly NextHop[] }
  | {
      readonly ok: false;
      readonly reason: string;
      /** It asks for a transport that we do not speak; nothing was looked up. */
      readonly unsupported?: boolean;
    };

/** What a URI says about where it leads, before any question. */
interface Target {
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** Undefined when not stated. */
  readonly protocol: Protocol | undefined;
}

interface Remembered {
  readonly resolution: Resolution;
  readonly until: Instant;
}

/** How long answers are used: node does not tell the records' own time to live. */
const FRESH_MS = 30_000;
/** How long it is remembered that there was no answer. */
const FAILURE_FRESH_MS = 5_000;
/** All questions of one URI together. */
const RESOLVE_MS = 5_000;
const REMEMBERED = 1_000;

export interface ResolverOptions {
  readonly clock: Clock;
  readonly dns?: Dns;
  /** 0 up to 1, for the choice among SRV records of one priority. */
  readonly random?: () => number;
}

/** Finds the next hops of a SIP URI: RFC 3263 without NAPTR. */
export class Resolver {
  readonly #clock: Clock;
  readonly #dns: Dns;
  readonly #random: () => number;
  readonly #remembered = new Map<string, Remembered>();
  readonly #asking = new Map<string, Promise<Resolution>>();

  constructor({ clock, dns = systemDns(), random = Math.random }: ResolverOptions) {
    this.#clock = clock;
    this.#dns = dns;
    this.#random = random;
  }

  /** At once, when the URI names a numeric address or DNS was asked lately. */
  known(uri: SipUri): Resolution | undefined {
    const target = targetOf(uri);
    if ('reason' in target) return { ok: false, ...target };
    if (isIP(target.host) !== 0) return { ok: true, hops: [numericHop(target)] };
    const remembered = this.#remembered.get(keyOf(target));
    return remembered && remembered.until > this.#clock.now() ? remembered.resolution : undefined;
  }

  /** Never rejects. */
  async resolve(uri: SipUri): Promise<Resolution> {
    const known = this.known(uri);
    if (known) return known;
    const target = targetOf(uri);
    if ('reason' in target) return { ok: false, ...target };
    const key = keyOf(target);
    const asking = this.#asking.get(key) ?? this.#askInTime(target, key);
    this.#asking.set(key, asking);
    return asking;
  }

  async #askInTime(target: Target, key: string): Promise<Resolution> {
    const late: Resolution = { ok: false, reason: `no answer from DNS for ${target.host}` };
    const timeout = new Promise<Resolution>((resolve) => {
      const cancel = this.#clock.after(RESOLVE_MS, () => resolve(late));
      this.#ask(target).then(
        (hops) => {
          cancel();
          const none: Resolution = { ok: false, reason: `${target.host} has no address` };
          resolve(hops.length > 0 ? { ok: true, hops } : none);
        },
        (error: unknown) => {
          cancel();
          const detail = error instanceof Error ? error.message : String(error);
          resolve({ ok: false, reason: `DNS for ${target.host}: ${detail}` });
        },
      );
    });
    const resolution = this.#orStale(await timeout, key);
    this.#asking.delete(key);
    return resolution;
  }

  /** Remembers an answer. A failure does not replace an old answer: a dead DNS is not a dead peer. */
  #orStale(resolution: Resolution, key: string): Resolution {
    const before = this.#remembered.get(key)?.resolution;
    const used = !resolution.ok && before?.ok ? before : resolution;
    const fresh = resolution.ok ? FRESH_MS : FAILURE_FRESH_MS;
    this.#remembered.delete(key);
    if (this.#remembered.size >= REMEMBERED) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(key, { resolution: used, until: this.#clock.now() + fresh });
    return used;
  }

  /** RFC 3263 §4.1, §4.2: a port goes with addresses; without one SRV is asked first. */
  async #ask(target: Target): Promise<readonly NextHop[]> {
    // A name without a dot is a host of this network or machine.
    if (target.port === undefined && target.host.includes('.')) {
      const protocols: readonly Protocol[] = target.protocol ? [target.protocol] : ['udp', 'tcp'];
      // Without name servers the hosts file may still know it.
      const found = await Promise.all(
        protocols.map((protocol) => this.#askSrv(target, protocol).catch(() => [])),
      );
      const hops = found.flat();
      if (hops.length > 0) return hops;
    }
    const addresses = await this.#dns.addresses(target.host);
    return addresses.map((address) => numericHop({ ...target, host: address }));
  }

  async #askSrv(target: Target, protocol: Protocol): Promise<readonly NextHop[]> {
    const service = protocol === 'tls' ? '_sips._tcp' : `_sip._${protocol}`;
    const records = await this.#dns.srv(`${service}.${target.host}`);
    const hops: NextHop[] = [];
    for (const { name, port } of ordered(records, this.#random)) {
      // RFC 2782: a target of `.` says that the service is decidedly not there.
      if (name === '.' || name === '') continue;
      const fixed = target.protocol !== undefined;
      const addresses = isIP(name) === 0 ? await this.#dns.addresses(name) : [name];
      for (const address of addresses) hops.push({ protocol, address, port, fixed });
    }
    return hops;
  }
}

function targetOf(
  uri: SipUri,
): Target | { readonly reason: string; readonly unsupported?: boolean } {
  const stated = paramValue(uri.params, 'transport')?.toLowerCase();
  const host = unbracket(paramValue(uri.params, 'maddr') ?? uri.host);
  const { port } = uri;
  if (port === 0) return { reason: 'port 0' };
  // RFC 3261 §26.2.2: sips needs TLS; `transport=tcp` then means TLS over TCP.
  if (uri.scheme === 'sips') {
    return stated === 'udp' ? { reason: 'sips over UDP' } : { host, port, protocol: 'tls' };
  }
  if (stated === undefined) return { host, port, protocol: undefined };
  if (stated !== 'udp' && stated !== 'tcp' && stated !== 'tls') {
    return { reason: `transport ${stated} is not supported`, unsupported: true };
  }
  return { host, port, protocol: stated };
}

function numericHop(target: Target): NextHop {
  const protocol = target.protocol ?? 'udp';
  const port = target.port ?? defaultPort(protocol);
  return { protocol, address: canonical(target.host), port, fixed: target.protocol !== undefined };
}

/** One spelling for one address, the one the kernel uses, so that connections are found again. */
function canonical(address: string): string {
  if (family(address) === 4) return address;
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** RFC 2782: by priority, and within one in random order that prefers greater weights. */
function ordered(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  // The k-th root of a uniform number orders as repeated weighted draws do.
  return records
    .map((record) => ({ record, draw: random() ** (1 / Math.max(record.weight, 0.01)) }))
    .sort((a, b) => a.record.priority - b.record.priority || b.draw - a.draw)
    .map(({ record }) => record);
}

function keyOf({ host, port, protocol }: Target): string {
  return `${host.toLowerCase()} ${port ?? ''} ${protocol ?? ''}`;
}

function unbracket(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
