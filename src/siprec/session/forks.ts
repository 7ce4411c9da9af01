import type { Clock, Log, Millis } from '../../core';
import { type Endpoint, type Fork, type ForkStats, LegKeying } from '../../media';
import type { ForkAction } from './lines';
import type { Label, RecordedStream } from './recording';

/** The media plane may take so long to tell the last counters. */
const LAST_COUNTERS: Millis = 1000;

/** The forks of one recording, driven by label. */
export class Forks {
  readonly #forks: ReadonlyMap<Label, Fork>;
  /** Empty where the recorder gets its streams in the clear. */
  readonly #keying = new Map<Label, LegKeying>();
  readonly #closing = new Map<Label, Promise<ForkStats | undefined>>();
  readonly #gates = new Set<Promise<unknown>>();

  constructor(
    streams: readonly RecordedStream[],
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.#forks = new Map(streams.map(({ label, fork }) => [label, fork]));
  }

  localOf(label: Label): Endpoint | undefined {
    return this.#forks.get(label)?.local;
  }

  /**
   * Another recorder is invited, and is not to have the keys that the last one was offered.
   *
   * @param secure by SRTP, with keys of each stream's own
   */
  renewKeys(secure: boolean): void {
    this.#keying.clear();
    if (!secure) return;
    for (const label of this.#forks.keys()) this.#keying.set(label, new LegKeying('required'));
  }

  keyingOf(label: Label): LegKeying | undefined {
    return this.#keying.get(label);
  }

  /** Whether the recorder's offer was taken or not. */
  answered(accepted: boolean): void {
    for (const keying of this.#keying.values()) {
      if (accepted) keying.settle();
      else keying.withdraw();
    }
  }

  perform(action: ForkAction): void {
    const fork = this.#forks.get(action.label);
    if (!fork) return;
    switch (action.do) {
      case 'start-fork':
        this.#start(fork, action.label, action.remote);
        break;
      case 'keep-fork':
        fork.keep();
        break;
      case 'pause-fork':
        this.#gate(action.label, fork);
        break;
      case 'resume-fork':
        fork.resume();
        break;
      case 'close-fork':
        this.#close(action.label, fork);
        break;
    }
  }

  /** Resolves when every gate that was asked to close is closed. */
  async gated(): Promise<void> {
    await Promise.all(this.#gates);
  }

  /** Closes what is still open; the last counters by label, those left out that did not come in time. */
  async close(): Promise<ReadonlyMap<Label, ForkStats>> {
    for (const [label, fork] of this.#forks) this.#close(label, fork);
    const counters = new Map<Label, ForkStats>();
    const all = [...this.#closing].map(async ([label, closed]) => {
      const stats = await closed;
      if (stats) counters.set(label, stats);
    });
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.clock.after(LAST_COUNTERS, resolve);
    });
    await Promise.race([Promise.all(all), late]);
    cancel();
    return new Map(counters);
  }

  #start(fork: Fork, label: Label, remote: Endpoint): void {
    const wire = this.#keying.get(label)?.wire;
    if (wire === undefined) fork.start(remote);
    else if (typeof wire === 'object') fork.start(remote, wire);
    else this.log.error({ label }, 'fork not started: no keys are agreed');
  }

  /** A gate that cannot be closed is a fork that must be: what is said now may not be recorded. */
  #gate(label: Label, fork: Fork): void {
    const gate = fork.pause().catch((error: unknown) => {
      this.log.warn({ err: error, label }, 'fork not paused, closing it');
      return this.#close(label, fork);
    });
    this.#gates.add(gate);
    void gate.finally(() => this.#gates.delete(gate));
  }

  #close(label: Label, fork: Fork): Promise<ForkStats | undefined> {
    const known = this.#closing.get(label);
    if (known) return known;
    const closing = fork.close().catch((error: unknown) => {
      this.log.warn({ err: error, label }, 'fork not closed');
      return undefined;
    });
    this.#closing.set(label, closing);
    return closing;
  }
}
