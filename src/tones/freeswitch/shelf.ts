import type { Clock, Instant, Millis } from '../../core';

/** What could not be made is not tried again for so long. */
const HOLD_OFF_MS: Millis = 60_000;

type Kept<T> =
  | { readonly kind: 'being made'; readonly done: Promise<T | undefined> }
  | { readonly kind: 'there'; readonly thing: T }
  | { readonly kind: 'failed'; readonly until: Instant };

/** Things that take time to make, each made once. Those that were not asked for the longest go first. */
export class Shelf<T> {
  readonly #kept = new Map<string, Kept<T>>();

  constructor(
    private readonly most: number,
    private readonly clock: Clock,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Undefined when it cannot be made now. Never rejects. */
  get(key: string, make: () => Promise<T>): Promise<T | undefined> {
    const kept = this.#kept.get(key);
    switch (kept?.kind) {
      case 'there':
        this.#put(key, kept);
        return Promise.resolve(kept.thing);
      case 'being made':
        return kept.done;
      case 'failed':
        if (this.clock.now() < kept.until) return Promise.resolve(undefined);
    }
    const done = make().then(
      (thing) => {
        this.#put(key, { kind: 'there', thing });
        return thing;
      },
      (error: unknown) => {
        this.#put(key, { kind: 'failed', until: this.clock.now() + HOLD_OFF_MS });
        this.failed(error);
        return undefined;
      },
    );
    this.#put(key, { kind: 'being made', done });
    return done;
  }

  /** Forgets what failed: it may go well now. */
  retry(): void {
    for (const [key, { kind }] of this.#kept) if (kind === 'failed') this.#kept.delete(key);
  }

  #put(key: string, kept: Kept<T>): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.most) this.#kept.delete(oldest!);
  }
}
