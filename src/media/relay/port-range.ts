/**
 * The pairs of ports of a range: an even one for RTP and the odd one above it for RTCP (RFC 3550
 * §11). Picks at random, so that nobody can guess where the next call's audio goes.
 */
export class PortRange {
  /** Pairs that whoever had the marks before has not given back. */
  readonly leftBehind: readonly number[];

  readonly #first: number;
  readonly #free: Int32Array;
  #freeCount = 0;

  /** The pairs wholly inside [min, max]. `marks`: `marksFor` them, where something is to outlive this. */
  constructor(
    readonly min: number,
    readonly max: number,
    private readonly random: () => number = Math.random,
    private readonly marks: Uint8Array = new Uint8Array(pairsIn(min, max)),
  ) {
    this.#first = firstIn(min);
    this.#free = new Int32Array(pairsIn(min, max));
    const leftBehind: number[] = [];
    for (let port = this.#first; port + 1 <= max; port += 2) {
      if (marks[this.#markOf(port)] === 1) leftBehind.push(port);
      else this.giveBack(port);
    }
    this.leftBehind = leftBehind;
  }

  /** Memory of which pairs are taken, for one range after the other. */
  static marksFor(min: number, max: number): Uint8Array {
    return new Uint8Array(new SharedArrayBuffer(pairsIn(min, max)));
  }

  /** The even port of a pair that nobody has, undefined when there is none. */
  take(): number | undefined {
    if (this.#freeCount === 0) return undefined;
    const at = Math.floor(this.random() * this.#freeCount);
    const port = this.#free[at]!;
    this.#free[at] = this.#free[--this.#freeCount]!;
    this.marks[this.#markOf(port)] = 1;
    return port;
  }

  /** Takes a pair back, once. */
  giveBack(port: number): void {
    this.#free[this.#freeCount++] = port;
    this.marks[this.#markOf(port)] = 0;
  }

  /** Pairs that can be taken. */
  get free(): number {
    return this.#freeCount;
  }

  #markOf(port: number): number {
    return (port - this.#first) >> 1;
  }
}

function firstIn(min: number): number {
  return min + (min % 2);
}

function pairsIn(min: number, max: number): number {
  return Math.max(0, Math.floor((max - firstIn(min) + 1) / 2));
}
