import type { Cancel, Clock, Log, Millis } from '../core';

/** Share of a window's time above which the thread cannot take more, and below which it can. */
const FULL = 0.95;
const ROOM = 0.9;
const WINDOW: Millis = 250;
/** A stall makes peers repeat themselves too, and is caught up with; overload lasts. */
const LASTING_WINDOWS = 4;
/** Windows in which nobody repeats a request; two are T1, after which who waits would have. */
const CALM_WINDOWS = 2;
/** For so long after an overload the first window is believed: it is the same one that comes again. */
const WARY_WINDOWS = 40;

/**
 * Whether more calls come than can be served: for a second peers repeat what they have sent, because they had
 * no answer within T1 (RFC 3261 §17.1.1.2), while the thread is busy all the time. Either alone is no sign:
 * a lossy network repeats, and a burst keeps busy. Left to itself overload feeds itself, for each repetition costs too.
 *
 * ```
 *   taking ── full and repetitions, lasting ──▶ overloaded ── room again, or nobody repeats ──▶ wary
 *     ▲                                             ▲                                            │
 *     │                                             └──────── full and repetitions, once ────────┤
 *     └──────────────────────────── ten seconds without ─────────────────────────────────────────┘
 * ```
 */
export class Overload {
  #is = false;
  #lasting = 0;
  #calm = 0;
  /** Windows to go until the next overload is another one. */
  #wary = 0;

  get is(): boolean {
    return this.#is;
  }

  /** What a window has shown: the share of it that was busy, 0..1, and requests that were repeated in it. */
  take({ busy, repeated }: { readonly busy: number; readonly repeated: number }): void {
    this.#calm = repeated > 0 ? 0 : this.#calm + 1;
    this.#lasting = busy >= FULL && repeated > 0 ? this.#lasting + 1 : 0;
    if (this.#is) {
      this.#is = busy >= ROOM && this.#calm < CALM_WINDOWS;
      this.#wary = WARY_WINDOWS;
    } else {
      this.#is = this.#lasting >= (this.#wary > 0 ? 1 : LASTING_WINDOWS);
      this.#wary -= 1;
    }
  }
}

/** Where a watch reads, window by window. */
export interface OverloadSigns {
  /** Share of the time since it was last asked that the thread was busy, 0..1. */
  busy(): number;
  /** Repeated requests since the start. */
  repeated(): number;
  /** Requests refused for overload since the start. */
  refused(): number;
}

/** Looks at the signs window after window, and says in the log when overload begins and ends. */
export function watchOverload(
  overload: Overload,
  signs: OverloadSigns,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Cancel {
  let repeated = signs.repeated();
  let refusedBefore = 0;
  let cancel: Cancel = () => {};
  const look = (): void => {
    cancel = clock.after(WINDOW, look);
    const was = overload.is;
    const soFar = signs.repeated();
    overload.take({ busy: signs.busy(), repeated: soFar - repeated });
    repeated = soFar;
    if (overload.is === was) return;
    if (overload.is) {
      refusedBefore = signs.refused();
      log.warn('engine overloaded');
    } else log.warn({ refused: signs.refused() - refusedBefore }, 'engine not overloaded any more');
  };
  cancel = clock.after(WINDOW, look);
  return () => cancel();
}
