import { type Cancel, type Clock, Fault, type Log } from '../../core';
import type { PlaneEvent } from '../plane';
import { Rebirth } from './rebirth';
import { type Birth, type LinkOwner, WorkerLink } from './worker-link';

/** What a seat needs of the link to its worker. */
export type SeatLink = Pick<WorkerLink, 'alive' | 'ask' | 'tell' | 'close' | 'kernelDrops'>;

export interface SeatOptions {
  readonly birth: Birth;
  readonly emit: (event: PlaneEvent) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Brings a worker to life. Default a thread. */
  readonly spawn?: (birth: Birth, owner: LinkOwner) => SeatLink;
}

/** The place of one worker, through its deaths and rebirths, and the calls it carries now. */
export class Seat {
  /** Resolves when the first worker runs; rejects with MEDIA_WORKER_LOST when it cannot. */
  readonly ready: Promise<void>;

  #link!: SeatLink;
  #runs = false;
  #deaths = 0;
  readonly #rebirth = new Rebirth();
  /** Lines of each call: all lines of a call are in one worker. */
  #calls = new Map<string, number>();
  #lines = 0;
  #cancelRebirth: Cancel = () => {};
  #closed = false;

  constructor(private readonly options: SeatOptions) {
    this.ready = new Promise((resolve, reject) => this.#sit(resolve, reject));
    // Whoever does not wait for it hears of it by the first open().
    this.ready.catch(() => {});
  }

  get link(): SeatLink {
    return this.#link;
  }

  /** Of whoever sits here. */
  get ports(): Birth['ports'] {
    return this.options.birth.ports;
  }

  /** The worker has said that it runs: one that is only born may die of it. */
  get runs(): boolean {
    return this.#runs && this.#link.alive;
  }

  /** Workers that died here. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Lines open or being opened. */
  get lines(): number {
    return this.#lines;
  }

  carries(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /** Counts a line of the call in; the returned function counts it out, once. */
  enter(callId: string): () => void {
    const calls = this.#calls;
    calls.set(callId, (calls.get(callId) ?? 0) + 1);
    this.#lines += 1;
    let counted = true;
    return () => {
      // With the worker went its calls: a line of a dead worker counts nowhere any more.
      if (!counted || calls !== this.#calls) return;
      counted = false;
      this.#lines -= 1;
      const left = calls.get(callId)! - 1;
      if (left === 0) calls.delete(callId);
      else calls.set(callId, left);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRebirth();
    await this.#link.close();
  }

  #sit(onReady: () => void = () => {}, onFailed: (fault: Fault) => void = () => {}): void {
    const { birth, emit, log, clock, spawn = threadOf } = this.options;
    const born = clock.now();
    this.#link = spawn(birth, {
      onReady: ({ backend, because, precedence }) => {
        this.#runs = true;
        log.info({ backend, because, precedence, ...birth.ports }, 'media-worker-ready');
        onReady();
      },
      onEvent: emit,
      onUnreachable: (callId) => log.warn({ callId }, 'media-address-unreachable'),
      onBug: (error) => log.error({ error }, 'media-worker-bug'),
      onDeath: (reason) => {
        onFailed(new Fault('MEDIA_WORKER_LOST', reason));
        this.#bury(reason, clock.now() - born);
      },
    });
  }

  #bury(reason: string, lived: number): void {
    const { emit, clock, log } = this.options;
    const callIds = [...this.#calls.keys()];
    this.#calls = new Map();
    this.#lines = 0;
    this.#runs = false;
    this.#deaths += 1;
    const againInMs = this.#closed ? undefined : this.#rebirth.after(lived);
    log.error(
      { reason, calls: callIds.length, deaths: this.#deaths, againInMs },
      'media-worker-lost',
    );
    if (againInMs !== undefined) {
      this.#cancelRebirth = clock.after(againInMs, () => this.#sit());
    }
    if (callIds.length > 0) emit({ kind: 'worker-lost', callIds });
  }
}

function threadOf(birth: Birth, owner: LinkOwner): SeatLink {
  return new WorkerLink(birth, owner);
}
