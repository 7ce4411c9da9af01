/** Which of the last indexes of a stream have been: RFC 3711 §3.3.2. */
export class ReplayWindow {
  readonly #taken: Int32Array;

  /** @param size a power of two, at least 64 */
  constructor(private readonly size: number) {
    this.#taken = new Int32Array(size >> 5);
  }

  /** @param ahead how far `index` is ahead of the highest one taken; negative or 0 behind it */
  isFresh(ahead: number, index: number): boolean {
    if (ahead > 0) return true;
    if (ahead <= -this.size) return false;
    const bit = index & (this.size - 1);
    return (this.#taken[bit >> 5]! & (1 << (bit & 31))) === 0;
  }

  /** What lies between the highest and this one has not been. */
  take(ahead: number, index: number): void {
    const mask = this.size - 1;
    const passed = Math.min(ahead, this.size);
    for (let back = 0; back < passed; back++) {
      const bit = (index - back) & mask;
      this.#taken[bit >> 5]! &= ~(1 << (bit & 31));
    }
    const bit = index & mask;
    this.#taken[bit >> 5]! |= 1 << (bit & 31);
  }
}
