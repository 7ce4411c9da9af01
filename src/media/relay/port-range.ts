/**
 * The pairs of ports of a range: an even one for RTP and the odd one above it for RTCP (RFC 3550
 * §11). Picks at random, so that nobody can guess where the next call's audio goes.
 */
export class PortRange {
  readonly #free: Int32Array;
  #freeCount = 0;

  /** The pairs wholly inside [min, max]. */
  constructor(
    readonly min: number,
    readonly max: number,
    private readonly random: () => number = Math.random,
  ) {
    const first = min + (min % 2);
    this.#free = new Int32Array(Math.max(0, Math.floor((max - first + 1) / 2)));
    for (let port = first; port + 1 <= max; port += 2) this.giveBack(port);
  }

  /** The even port of a pair that nobody has, undefined when there is none. */
  take(): number | undefined {
    if (this.#freeCount === 0) return undefined;
    const at = Math.floor(this.random() * this.#freeCount);
    const port = this.#free[at]!;
    this.#free[at] = this.#free[--this.#freeCount]!;
    return port;
  }

  /** Takes a pair back, once. */
  giveBack(port: number): void {
    this.#free[this.#freeCount++] = port;
  }

  /** Pairs that can be taken. */
  get free(): number {
    return this.#freeCount;
  }
}
