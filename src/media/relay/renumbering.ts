/** A place in a stream from which on its packets are numbered by another difference. */
interface Turn {
  /** The last packet, as it came, that is numbered by what was before. */
  readonly after: number;
  readonly before: number;
}

/** Packets that are later than so many changes are numbered as if they were not. */
const MOST_TURNS = 64;

/**
 * Sequence numbers of a stream out of which packets are taken and into which others are put, without a gap and
 * without a number twice. What the network has lost stays lost.
 */
export class Renumbering {
  #difference = 0;
  #highest: number | undefined;
  #ssrc: number | undefined;
  #turns: Turn[] = [];

  /** False as long as every packet keeps its number. */
  get alters(): boolean {
    return this.#turns.length > 0 || this.#difference !== 0;
  }

  /** A packet came; true when it is newer than any before. */
  saw(sequence: number, ssrc: number): boolean {
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.#turns = [];
      this.#highest = sequence;
      return true;
    }
    if (this.#highest !== undefined && distance(this.#highest, sequence) <= 0) return false;
    this.#highest = sequence;
    return true;
  }

  /** The newest packet, which was seen, is taken out. */
  takeOut(): void {
    // Up to the packet before it, as it was: what comes late from there keeps its place.
    this.#turn(this.#highest! - 1, -1);
  }

  /** Makes room behind the newest packet; the number for what is put there. */
  putIn(): number {
    const number = (this.#highest! + this.#difference + 1) & 0xffff;
    this.#turn(this.#highest!, 1);
    return number;
  }

  /** The number that a packet goes on with. */
  numberOf(sequence: number): number {
    let difference = this.#difference;
    for (let i = this.#turns.length - 1; i >= 0; i--) {
      const { after, before } = this.#turns[i]!;
      if (distance(after, sequence) > 0) break;
      difference = before;
    }
    return (sequence + difference) & 0xffff;
  }

  #turn(after: number, by: 1 | -1): void {
    this.#turns.push({ after: after & 0xffff, before: this.#difference });
    if (this.#turns.length > MOST_TURNS) this.#turns.shift();
    this.#difference += by;
  }
}

/** How far `to` is ahead of `from`; below 0 it is behind. */
function distance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}
