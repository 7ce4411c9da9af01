import { steady } from '../octets';

/** One and a half seconds of G.711 at 20 ms. */
export const BLOCK = 16 * 1024;
/** Behind the blocks: where a packet lies while it is handed out, so that it is read from one place. */
const DESK = BLOCK;

/** Whoever keeps packets, and can let go of the oldest. */
export interface Keeper {
  /** Gives at least one block back. */
  yieldOldest(): void;
}

/**
 * The memory in which all forks of a worker keep packets until their recorders are ready: one piece, of which the
 * system gives only what was ever written to. When it is full, whoever has waited longest yields its oldest
 * packets, for that recorder is the least likely to come.
 */
export class KeptMemory {
  readonly bytes: Buffer;
  /** Where a packet may be laid to be handed out. */
  readonly deskAt: number;
  readonly #blocks: number;
  readonly #free: Int32Array;
  #freeCount = 0;
  #touched = 0;
  /** Those that hold blocks, in the order in which they began to. */
  readonly #keepers = new Set<Keeper>();

  /** For so many octets in all, at least one block. */
  constructor(size: number) {
    this.#blocks = Math.max(1, Math.floor(size / BLOCK));
    this.#free = new Int32Array(this.#blocks);
    this.deskAt = this.#blocks * BLOCK;
    this.bytes = steady(Buffer.allocUnsafeSlow(this.deskAt + DESK));
  }

  /** Octets in blocks that are held. */
  get held(): number {
    return BLOCK * (this.#touched - this.#freeCount);
  }

  /** Where a block for `keeper` begins. The keeper may have lost its oldest one for it. */
  take(keeper: Keeper): number {
    while (this.#freeCount === 0 && this.#touched === this.#blocks) {
      const [longest] = this.#keepers;
      longest!.yieldOldest();
    }
    // Last: it may have been the longest itself, and have left with its only block.
    this.#keepers.add(keeper);
    if (this.#freeCount > 0) return this.#free[--this.#freeCount]!;
    return BLOCK * this.#touched++;
  }

  giveBack(at: number): void {
    this.#free[this.#freeCount++] = at;
  }

  /** `keeper` holds no block any more. */
  leave(keeper: Keeper): void {
    this.#keepers.delete(keeper);
  }
}
