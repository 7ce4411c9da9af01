import { Fault, type Log, type Millis } from '../../core';
import type { PlaneEvent } from '../plane';
import { type Birth, WorkerLink } from './worker-link';

/** Between a worker's death and the birth of the next, for the cause may still be there. */
const REBIRTH_DELAY: Millis = 100;

/** The place of one worker, through its deaths and rebirths, and the calls it carries now. */
export class Seat {
  /** Resolves when the first worker runs; rejects with MEDIA_WORKER_LOST when it cannot. */
  readonly ready: Promise<void>;

  #link!: WorkerLink;
  /** Lines of each call: all lines of a call are in one worker. */
  #calls = new Map<string, number>();
  #lines = 0;
  #rebirth: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly birth: Birth,
    private readonly emit: (event: PlaneEvent) => void,
    private readonly log: Log,
  ) {
    this.ready = new Promise((resolve, reject) => this.#sit(resolve, reject));
    // Whoever does not wait for it hears of it by the first open().
    this.ready.catch(() => {});
  }

  get link(): WorkerLink {
    return this.#link;
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
    clearTimeout(this.#rebirth);
    await this.#link.close();
  }

  #sit(onReady: () => void, onFailed: (fault: Fault) => void): void {
    this.#link = new WorkerLink(this.birth, {
      onReady: (backend, because) => {
        this.log.info({ backend, because, ...this.birth.ports }, 'media-worker-ready');
        onReady();
      },
      onEvent: this.emit,
      onUnreachable: (callId) => this.log.warn({ callId }, 'media-address-unreachable'),
      onBug: (error) => this.log.error({ error }, 'media-worker-bug'),
      onDeath: (reason) => {
        onFailed(new Fault('MEDIA_WORKER_LOST', reason));
        this.#bury(reason);
      },
    });
  }

  #bury(reason: string): void {
    const callIds = [...this.#calls.keys()];
    this.#calls = new Map();
    this.#lines = 0;
    this.log.error({ reason, calls: callIds.length }, 'media-worker-lost');
    if (!this.#closed) {
      this.#rebirth = setTimeout(
        () =>
          this.#sit(
            () => {},
            () => {},
          ),
        REBIRTH_DELAY,
      );
      this.#rebirth.unref();
    }
    if (callIds.length > 0) this.emit({ kind: 'worker-lost', callIds });
  }
}
