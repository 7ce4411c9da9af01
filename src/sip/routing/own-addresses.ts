import { parseSipUri, type SipUri } from '../../ua';

const DEFAULT_PORT = 5060;

/** By what addresses and names this service is reached: to tell a URI of ours from another's. */
export class OwnAddresses {
  readonly #places: ReadonlySet<string>;
  readonly #names: ReadonlySet<string>;

  /**
   * @param listening as the engine tells it: `udp/10.0.0.1:5060`
   * @param names domains and external addresses that mean us on any port
   */
  constructor(listening: readonly string[], names: readonly string[]) {
    this.#places = new Set(listening.map((hostport) => hostport.replace(/^[^/]*\//, '')));
    this.#names = new Set(names.map((name) => name.toLowerCase()));
  }

  has(uri: SipUri): boolean {
    return this.#names.has(uri.host) || this.#places.has(`${uri.host}:${uri.port ?? DEFAULT_PORT}`);
  }

  hasText(uri: string): boolean {
    const parsed = parseSipUri(uri);
    return parsed !== undefined && this.has(parsed);
  }
}
