import { parseNameAddr, parseSipUri, splitList, uriParam } from '../../ua';

/** Addresses tried in all: the configured one and three more; RFC 3261 §8.1.3.4 leaves that to the client. */
const MAX_TRIES = 4;

/**
 * The recorder's addresses still to be tried: the configured one, then those that redirections name, best
 * first. No address is tried twice.
 */
export class Destinations {
  readonly #transport: string;
  readonly #tried = new Set<string>();
  #waiting: readonly string[];

  constructor(uri: string) {
    this.#transport = transportOf(uri);
    this.#waiting = [uri];
  }

  /** The next address to invite, with its transport named. */
  next(): string | undefined {
    for (const [i, uri] of this.#waiting.entries()) {
      const complete = withTransport(uri, this.#transport);
      if (this.#tried.has(complete) || this.#tried.size === MAX_TRIES) continue;
      this.#tried.add(complete);
      this.#waiting = this.#waiting.slice(i + 1);
      return complete;
    }
    return undefined;
  }

  /** Takes the Contact of a 3xx. */
  redirect(contact: string | undefined): void {
    if (contact !== undefined) this.#waiting = [...contactsOf(contact), ...this.#waiting];
  }
}

/** SIP URIs of a Contact value, by falling q (RFC 3261 §20.10: 1 when absent). */
function contactsOf(contact: string): string[] {
  return splitList(contact)
    .map(parseNameAddr)
    .filter(({ uri }) => parseSipUri(uri) !== undefined)
    .map(({ uri, params }) => {
      const q = /;\s*q\s*=\s*([01](?:\.\d{1,3})?)/i.exec(params)?.[1];
      return { uri, q: q === undefined ? 1 : Number(q) };
    })
    .sort((a, b) => b.q - a.q)
    .map(({ uri }) => uri);
}

/** By which transport a SIP URI is reached; without saying so, TCP, and TLS for SIPS. */
export function transportOf(uri: string): string {
  const parsed = parseSipUri(uri);
  if (parsed?.scheme === 'sips') return 'tls';
  return (parsed && uriParam(parsed, 'transport')?.toLowerCase()) || 'tcp';
}

/** Adds `;transport=` where a SIP URI names none; parameters come before headers (RFC 3261 §19.1.1). */
export function withTransport(uri: string, transport: string): string {
  const parsed = parseSipUri(uri);
  if (!parsed || parsed.scheme === 'sips') return uri;
  if (uriParam(parsed, 'transport') !== undefined) return uri;
  const body = parsed.headers === '' ? uri : uri.slice(0, -parsed.headers.length);
  return `${body};transport=${transport}${parsed.headers}`;
}
