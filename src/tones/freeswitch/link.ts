import { type Clock, Fault, type Log, type Millis } from '../../core';
import type { placerOver } from './leg';
import { type Endpoint, type FreeswitchAddress, MediaSession } from './session';

const BACKOFF_MS = { first: 1_000, most: 60_000 } as const;

type State =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'up'; readonly session: MediaSession }
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  | { readonly kind: 'closed' };

/**
 * Keeps one session with FreeSWITCH.
 *
 * ```
 *   connecting ──ready──▶ up ──lost──▶ waiting ──1 s, doubled to 60 s──▶ connecting
 *       └─────────────failed─────────────▲
 * ```
 */
export class FreeswitchLink {
  /** It is there, for the first time or again. */
  onUp: (() => void) | undefined;

  #state: State = { kind: 'connecting' };
  #backoff: Millis = BACKOFF_MS.first;

  constructor(
    private readonly options: FreeswitchAddress,
    private readonly placer: ReturnType<typeof placerOver>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  get up(): boolean {
    return this.#state.kind === 'up';
  }

  /** Begins to connect. */
  start(): void {
    void this.#connect();
  }

  /** Rejects with Fault FREESWITCH_UNREACHABLE, or with what FreeSWITCH says. */
  endpoint(remoteSdp: string): Promise<Endpoint> {
    if (this.#state.kind === 'up') return this.#state.session.endpoint(remoteSdp);
    return Promise.reject(new Fault('FREESWITCH_UNREACHABLE'));
  }

  close(): void {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'up') state.session.close();
    else if (state.kind === 'waiting') state.cancel();
  }

  async #connect(): Promise<void> {
    const { address, port } = this.options;
    this.#state = { kind: 'connecting' };
    try {
      const session = await MediaSession.open(this.options, this.placer, this.clock);
      if (this.#isClosed()) return session.close();
      this.#state = { kind: 'up', session };
      this.#backoff = BACKOFF_MS.first;
      session.onEnd = (reason) => this.#retry(reason);
      this.log.info({ address, port }, 'freeswitch connected');
      this.onUp?.();
    } catch (error) {
      if (!this.#isClosed()) this.#retry(error instanceof Error ? error.message : String(error));
    }
  }

  #retry(reason: string): void {
    const { address, port } = this.options;
    const againInMs = this.#backoff;
    this.log.warn({ address, port, reason, againInMs }, 'freeswitch unreachable');
    this.#state = {
      kind: 'waiting',
      cancel: this.clock.after(againInMs, () => void this.#connect()),
    };
    this.#backoff = Math.min(2 * againInMs, BACKOFF_MS.most);
  }

  #isClosed(): boolean {
    return this.#state.kind === 'closed';
  }
}
