import { parseNameAddr, parseSipUri, splitList, uriParam } from '../../ua';

/** RFC 3261 §8.1.3.4 leaves the number to the client. */
const MAX_REDIRECTIONS = 3;

/**
 * The recorder's addresses still to be tried: the configured one, then those that redirections name, best
 * first. No address is tried twice, and no more than three redirections are followed.
 */
export class Destinations {
  readonly #transport: string;
  readonly #tried = new Set<string>();
  #waiting: string[] = [];
  #redirections = 0;

  constructor(uri: string) {
    this.#transport = transportOf(uri);
    this.#waiting.push(uri);
  }

  /** The next address to invite, with its transport named. */
  next(): string | undefined {
    for (let uri = this.#waiting.shift(); uri !== undefined; uri = this.#waiting.shift()) {
      const complete = withTransport(uri, this.#transport);
      if (this.#tried.has(complete)) continue;
      this.#tried.add(complete);
      return complete;
    }
    return undefined;
  }

  /** Takes the Contact of a 3xx. */
  redirect(contact: string | undefined): void {
    if (contact === undefined || ++this.#redirections > MAX_REDIRECTIONS) return;
    this.#waiting = [...contactsOf(contact), ...this.#waiting];
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
