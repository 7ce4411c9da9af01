import { ReplayWindow } from './replay-window';

/** The packets of one source by their index: roll-over counter and sequence number (RFC 3711 §3.3.1). */
export class PacketIndex {
  /** Of the packet that was last asked about. */
  roc = 0;
  #highestRoc: number;
  #highest: number;
  #ahead = 0;
  readonly #window: ReplayWindow;

  /** Begins with a packet that is taken as it comes. */
  constructor(roc: number, sequence: number, window: number) {
    this.#window = new ReplayWindow(window);
    this.#window.take(1, sequence);
    this.#highestRoc = roc;
    this.#highest = sequence;
  }

  get highestRoc(): number {
    return this.#highestRoc;
  }

  get highest(): number {
    return this.#highest;
  }

  /**
   * Which round this sequence number belongs to is guessed, by what is nearest to the highest one; false when the
   * packet has been, or is too old to tell.
   */
  isFresh(sequence: number): boolean {
    const highest = this.#highest;
    this.#ahead = ((sequence - highest) << 16) >> 16;
    this.roc = this.#highestRoc;
    if (this.#ahead > 0) {
      if (sequence < highest) this.roc += 1;
    } else if (sequence > highest) {
      this.roc -= 1;
    }
    return this.roc >= 0 && this.#window.isFresh(this.#ahead, sequence);
  }

  /** The packet that was just asked about was authentic, or is sent. */
  take(sequence: number): void {
    this.#window.take(this.#ahead, sequence);
    if (this.#ahead <= 0) return;
    this.#highest = sequence;
    this.#highestRoc = this.roc;
  }
}

/** The SRTCP packets of one source by the index they carry (RFC 3711 §3.4). */
export class RtcpIndex {
  #highest: number;
  readonly #window = new ReplayWindow(64);

  constructor(index: number) {
    this.#highest = index;
    this.#window.take(1, index);
  }

  isFresh(index: number): boolean {
    return this.#window.isFresh(index - this.#highest, index);
  }

  take(index: number): void {
    this.#window.take(index - this.#highest, index);
    if (index > this.#highest) this.#highest = index;
  }
}
