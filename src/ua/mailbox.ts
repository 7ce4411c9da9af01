import type { Log } from '../core';

/**
 * Holds what arrives until the one it is for has had the chance to listen. A promise's continuation
 * runs after the frames that came in the same read, so an ACK may be here before the code that
 * awaited the dialog has set `onAck`.
 */
export class Mailbox {
  #held: Array<() => void> | undefined = [];

  constructor(private readonly log: Log) {}

  post(deliver: () => void): void {
    if (this.#held) this.#held.push(deliver);
    else deliver();
  }

  /** Delivers after every continuation of this turn of the event loop, and at once from then on. */
  openSoon(): void {
    setImmediate(() => {
      const held = this.#held ?? [];
      for (let next = held.shift(); next; next = held.shift()) {
        try {
          next();
        } catch (error) {
          this.log.error({ err: error }, 'sip handler threw');
        }
      }
      this.#held = undefined;
    });
  }
}
