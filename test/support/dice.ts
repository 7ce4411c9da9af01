/** Numbers that are the same in every run (xorshift32). */
export class Dice {
  #state: number;

  constructor(seed = 0) {
    this.#state = 0x2545f491 ^ (seed * 0x9e3779b9);
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
}
