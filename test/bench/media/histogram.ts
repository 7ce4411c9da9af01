/** Counts in buckets of 10 µs up to a second, so that adding one costs nothing. */
const BUCKET_US = 10;
const BUCKETS = 100_000;

export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #max = 0;

  add(us: number): void {
    const at = Math.min(BUCKETS - 1, Math.max(0, Math.floor(us / BUCKET_US)));
    this.#counts[at]! += 1;
    this.#total += 1;
    if (us > this.#max) this.#max = us;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }

  /** Microseconds. */
  summary(): { p50: number; p99: number; p999: number; max: number } {
    return {
      p50: this.#quantile(0.5),
      p99: this.#quantile(0.99),
      p999: this.#quantile(0.999),
      max: Math.round(this.#max),
    };
  }

  #quantile(share: number): number {
    let left = share * this.#total;
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#counts[i]!;
      if (left <= 0) return (i + 1) * BUCKET_US;
    }
    return BUCKETS * BUCKET_US;
  }
}
