import type { Instant, Millis } from '../../core';

/** A packet that waits for those before it. */
export interface Sequenced {
  /** Extended. */
  readonly sequence: number;
  readonly arrival: Instant;
}

/** How long a missing packet is waited for. */
const REORDER_WAIT: Millis = 100;
/** Packets that wait at most; more mean that the missing one will not come. */
const MAX_WAITING = 64;

/** Puts packets back into the order of their sequence numbers, for a bounded time. */
export class Reorder<Packet extends Sequenced> {
  readonly #waiting: Packet[] = [];
  #next: number | undefined;

  constructor(
    private readonly inOrder: (packet: Packet) => void,
    /** A packet that nobody waits for any more. */
    private readonly tooLate: (packet: Packet) => void,
  ) {}

  push(packet: Packet): void {
    if (this.#next === undefined || packet.sequence === this.#next) {
      this.#deliver(packet);
      this.#deliverFollowing();
    } else if (packet.sequence < this.#next) {
      this.tooLate(packet);
    } else {
      let at = this.#waiting.length;
      while (at > 0 && this.#waiting[at - 1]!.sequence > packet.sequence) at--;
      this.#waiting.splice(at, 0, packet);
      if (this.#waiting.length > MAX_WAITING) this.#skip();
    }
  }

  /** Gives up on packets that were waited for long enough. */
  tick(now: Instant): void {
    while (this.#waiting.length > 0 && this.#longest() <= now - REORDER_WAIT) this.#skip();
  }

  /** Delivers everything, and waits for nothing in particular. */
  flush(): void {
    while (this.#waiting.length > 0) this.#skip();
    this.#next = undefined;
  }

  #longest(): Instant {
    let longest = Number.POSITIVE_INFINITY;
    for (const { arrival } of this.#waiting) longest = Math.min(longest, arrival);
    return longest;
  }

  #skip(): void {
    this.#deliver(this.#waiting.shift()!);
    this.#deliverFollowing();
  }

  #deliverFollowing(): void {
    while (this.#waiting[0]?.sequence === this.#next) this.#deliver(this.#waiting.shift()!);
  }

  #deliver(packet: Packet): void {
    this.#next = packet.sequence + 1;
    this.inOrder(packet);
  }
}
