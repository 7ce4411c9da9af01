import type { SrtpRule } from '../../media';
import { type ConfiguredUser, identityOf } from '../../policy';
import { formatSipUri, parseSipUri, type SipUri, uriParam } from '../../ua';
import type { OwnAddresses } from './own-addresses';
import { type Peer, PeerTable } from './peers';

/** Where a call may go: a peer, a URI, or by what the caller asked for. */
export type RouteTarget =
  | { readonly kind: 'peer'; readonly name: string }
  /** A URI without a user part gets the called number. */
  | { readonly kind: 'uri'; readonly uri: string }
  /** The static contact of the called user. */
  | { readonly kind: 'user' }
  /** The host that the caller named, unless that is us. */
  | { readonly kind: 'request-uri' };

export interface Route {
  readonly from: 'any' | readonly string[];
  /** Must match the called number (or user) from its beginning to its end. */
  readonly to: RegExp;
  /** What to call instead, `$1` … `$9` being the groups of `to`. */
  readonly rewrite?: string | undefined;
  readonly targets: readonly RouteTarget[];
  /** How long each target may stay without a final response. */
  readonly ringMs: number;
  /** What a 3xx does: it goes to the caller (default), or its contacts are tried here. */
  readonly redirects?: 'pass' | 'follow' | undefined;
}

/** A phone that does not register: calls for the user go to its contact. */
export interface StaticContact extends Pick<ConfiguredUser, 'number' | 'aor'> {
  /** `sip:HOST:PORT`, with a user part or without. */
  readonly contact: string;
}

export interface Routing {
  readonly peers: readonly Peer[];
  readonly routes: readonly Route[];
  readonly contacts: readonly StaticContact[];
}

/** One place to try. */
export interface Target {
  /** Name for logs and records: of a peer, or the URI without its user part. */
  readonly name: string;
  /** Request-URI of the INVITE; the next hop follows from it. */
  readonly uri: string;
  /** It leads out of the organization, as its peer says. */
  readonly trunk?: true;
  /** URIs that a 3xx led here from, latest first; undefined when the route itself names this target. */
  readonly redirectedBy?: readonly string[];
}

export interface Routed {
  /** What was dialled: the user part of the Request-URI, or the number of a tel URI. */
  readonly dialled: string;
  /** What is called, after rewriting. */
  readonly called: string;
  readonly targets: readonly Target[];
  readonly ringMs: number;
  readonly redirects: 'pass' | 'follow';
}

/** Longest user part that patterns are run on. */
const LONGEST_NUMBER = 128;

/** Finds who a caller is and where its call goes. */
export class Router {
  readonly peers: PeerTable;
  readonly #contacts = new Map<string, string>();

  constructor(
    private readonly routing: Routing,
    private readonly own: OwnAddresses,
  ) {
    this.peers = new PeerTable(routing.peers);
    for (const { number, aor, contact } of routing.contacts) {
      if (number !== undefined)
        this.#contacts.set(identityOf(`tel:${number}`)?.number ?? '', contact);
      if (aor !== undefined) this.#contacts.set(identityOf(aor)?.aor ?? '', contact);
    }
  }

  /** The first route that fits; undefined when none does, or none of its targets leads anywhere. */
  route(peer: Peer, requestUri: string): Routed | undefined {
    const uri = parseSipUri(requestUri);
    const dialled = dialledOf(requestUri, uri);
    if (dialled.length > LONGEST_NUMBER) return undefined;
    for (const route of this.routing.routes) {
      if (route.from !== 'any' && !route.from.includes(peer.name)) continue;
      if (!route.to.test(dialled)) continue;
      const called =
        route.rewrite === undefined ? dialled : dialled.replace(route.to, route.rewrite);
      const targets = route.targets.flatMap((target) => this.#resolve(target, called, uri) ?? []);
      if (targets.length === 0) return undefined;
      return {
        dialled,
        called,
        targets,
        ringMs: route.ringMs,
        redirects: route.redirects ?? 'pass',
      };
    }
    return undefined;
  }

  /** Whether media with a target is by SRTP: as with the peer that it is, or whose address it has. */
  srtpWith({ name, uri }: Target): SrtpRule | undefined {
    const host = parseSipUri(uri)?.host.replace(/^\[|\]$/g, '') ?? '';
    return (this.peers.named(name) ?? this.peers.at(host))?.srtp;
  }

  #resolve(target: RouteTarget, called: string, uri: SipUri | undefined): Target | undefined {
    switch (target.kind) {
      case 'peer': {
        const peer = this.peers.named(target.name);
        if (peer?.target === undefined) return undefined;
        const aim = aimed(peer.target, called, uri, peer.name);
        return aim && peer.trunk ? { ...aim, trunk: true } : aim;
      }
      case 'uri':
        return aimed(target.uri, called, uri);
      case 'user': {
        const contact = this.#contactOf(called, uri);
        return contact === undefined ? undefined : aimed(contact, called, uri);
      }
      case 'request-uri': {
        if (!uri || this.own.has(uri)) return undefined;
        const asked = { ...uri, user: called === '' ? undefined : called, headers: '' };
        return { name: placeOf(asked), uri: formatSipUri(asked) };
      }
    }
  }

  #contactOf(called: string, uri: SipUri | undefined): string | undefined {
    const known = identityOf(uri ? `sip:${called}@${uri.host}` : `tel:${called}`);
    if (known?.aor !== undefined) {
      const byAor = this.#contacts.get(known.aor);
      if (byAor !== undefined) return byAor;
    }
    return known?.number === undefined ? undefined : this.#contacts.get(known.number);
  }
}

/** No number or name is so long, and no pattern is run on it. */
export function isTooLong(requestUri: string): boolean {
  if (requestUri.length <= LONGEST_NUMBER) return false;
  return dialledOf(requestUri, parseSipUri(requestUri)).length > LONGEST_NUMBER;
}

/** The user part without its parameters, or the number of a tel URI without visual separators. */
function dialledOf(requestUri: string, uri: SipUri | undefined): string {
  if (uri) return uri.user?.split(';', 1)[0] ?? '';
  const tel = /^tel:([^;]*)/i.exec(requestUri)?.[1] ?? '';
  return tel.replace(/[\s().-]/g, '');
}

function aimed(
  written: string,
  called: string,
  asked: SipUri | undefined,
  name?: string,
): Target | undefined {
  const place = parseSipUri(written);
  if (!place) return undefined;
  if (place.user !== undefined || called === '') {
    return { name: name ?? placeOf(place), uri: formatSipUri(place) };
  }
  // RFC 3261 §19.1.1: that the user part is a telephone number is a fact about it, not about the host.
  const phone = asked && uriParam(asked, 'user') === 'phone' ? ';user=phone' : '';
  const uri = formatSipUri({ ...place, user: called, params: `${place.params}${phone}` });
  return { name: name ?? placeOf(place), uri };
}

function placeOf({ scheme, host, port }: SipUri): string {
  return `${scheme}:${host}${port === undefined ? '' : `:${port}`}`;
}
