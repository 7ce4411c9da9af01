import { performance } from 'node:perf_hooks';
import type { Libc } from './libc';
import type { Slab } from './slab';

const CLOCK_MONOTONIC = 1;

/**
 * Monotonic time in whole numbers, read with one system call that never enters the kernel. Whole
 * milliseconds, because such a number is passed to whoever is not compiled in place without making an
 * object of it, for the first 24 days; a worker that is busy looks at its sockets about once in one.
 */
export class KernelClock {
  /** When `read` was called last. */
  ms = 0;
  /** Microseconds beyond them, 0-999. */
  us = 0;
  readonly #originSeconds: number;
  #originMs = 0;

  /** Agrees with `performance.now()` of its thread. */
  constructor(
    private readonly libc: Libc,
    private readonly slab: Slab,
  ) {
    libc.clock_gettime(CLOCK_MONOTONIC, slab.time);
    this.#originSeconds = slab.seconds;
    this.read();
    this.#originMs = this.ms - Math.floor(performance.now());
    this.read();
  }

  read(): void {
    const { slab } = this;
    this.libc.clock_gettime(CLOCK_MONOTONIC, slab.time);
    const us = (slab.nanoseconds / 1000) | 0;
    const ms = (us / 1000) | 0;
    this.us = us - 1000 * ms;
    this.ms = 1000 * (slab.seconds - this.#originSeconds) + ms - this.#originMs;
  }
}
