import { Client, type ClientConfig } from 'pg';

/** On which changes are told of. */
export const CHANNEL = 'twintrack_settings';

/** How often a connection is asked whether it lives, and a lost one is made again, in ms. */
const CHECK_MS = 5000;
const AGAIN_MS = 1000;

/** What becomes of listening. */
export interface ListenerEvents {
  /** Something was changed, or may have been while nobody listened. */
  onNews(): void;
  onTrouble(error: unknown): void;
}

/** A connection that hears of every change, and is made again whenever it is lost. */
export class Listener {
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly config: ClientConfig,
    private readonly events: ListenerEvents,
  ) {}

  /** Rejects when there is no connection to be had. */
  async open(): Promise<void> {
    const client = new Client({ ...this.config, keepAlive: true, query_timeout: CHECK_MS });
    client.on('notification', () => this.events.onNews());
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the connection has ended')));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      client.removeAllListeners('end');
      void client.end().catch(() => {});
      throw error;
    }
    if (this.#closed) await client.end();
    else {
      this.#client = client;
      this.#later(CHECK_MS, () => this.#check(client));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#client?.end();
  }

  /** A connection whose other end has gone without a word is silent for hours. */
  async #check(client: Client): Promise<void> {
    try {
      await client.query('select 1');
      this.#later(CHECK_MS, () => this.#check(client));
    } catch (error) {
      this.#lost(client, error);
    }
  }

  #lost(client: Client, error: unknown): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    void client.end().catch(() => {});
    this.events.onTrouble(error);
    this.#later(AGAIN_MS, () => this.#again());
  }

  async #again(): Promise<void> {
    try {
      await this.open();
      this.events.onNews();
    } catch {
      // Told of when it was lost.
      this.#later(AGAIN_MS, () => this.#again());
    }
  }

  #later(delay: number, work: () => Promise<void>): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void work(), delay);
    this.#timer.unref();
  }
}
