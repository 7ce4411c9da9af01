import type { Cancel, Clock } from '../../core';
import { BETWEEN_DIGITS_MS, CodeMatcher } from '../digits/code-matcher';

/** The codes in what one party dials, as it is reported digit by digit. */
export class DialledCodes {
  #codes = '';
  #matcher = new CodeMatcher([]);
  #giveUp: Cancel = () => {};

  constructor(private readonly clock: Clock) {}

  /** What is listened for from now on. */
  listen(codes: readonly string[]): void {
    if (codes.join() === this.#codes) return;
    this.#codes = codes.join();
    this.#matcher = new CodeMatcher(codes);
  }

  /** Takes the next digit; the codes that are complete with it. */
  press(digit: string): readonly string[] {
    this.#giveUp();
    const decisions = this.#matcher.press(digit);
    if (this.#matcher.waiting > 0) {
      this.#giveUp = this.clock.after(BETWEEN_DIGITS_MS, () => this.#matcher.giveUp());
    }
    return decisions.flatMap(({ code }) => code ?? []);
  }

  close(): void {
    this.#giveUp();
  }
}
