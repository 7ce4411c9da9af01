import type { Instant } from './time';

/**
 * The timers of one pure machine, by name. Setting a name again moves it; a dump shows every
 * deadline. Holds no handle of the runtime, so that nothing can leak.
 *
 * There are hundreds of machines a second, with one to three timers each, and most of them linger: two small arrays
 * are less to make, to look through and to keep than a map.
 */
export class TimerTable<Name extends string> {
  /** In the order in which they were first set. */
  readonly #names: Name[] = [];
  readonly #deadlines: Instant[] = [];

  set(name: Name, deadline: Instant): void {
    const at = this.#names.indexOf(name);
    if (at >= 0) {
      this.#deadlines[at] = deadline;
      return;
    }
    this.#names.push(name);
    this.#deadlines.push(deadline);
  }

  stop(name: Name): void {
    const at = this.#names.indexOf(name);
    if (at >= 0) this.#remove(at);
  }

  stopAll(): void {
    this.#names.length = 0;
    this.#deadlines.length = 0;
  }

  has(name: Name): boolean {
    return this.#names.includes(name);
  }

  /** The earliest deadline; of several that are equal it is the one of the timer set first. */
  get deadline(): Instant | undefined {
    return this.#deadlines[this.#soonest()];
  }

  /** The earliest deadline and its name. */
  next(): { readonly name: Name; readonly deadline: Instant } | undefined {
    const at = this.#soonest();
    return at < 0 ? undefined : { name: this.#names[at]!, deadline: this.#deadlines[at]! };
  }

  /** Removes and returns the names whose deadline is at or before `now`, earliest first. */
  takeDue(now: Instant): Name[] {
    const due: Name[] = [];
    for (;;) {
      const at = this.#soonest();
      if (at < 0 || this.#deadlines[at]! > now) return due;
      due.push(this.#names[at]!);
      this.#remove(at);
    }
  }

  #soonest(): number {
    let soonest = -1;
    for (let at = 0; at < this.#deadlines.length; at++) {
      if (soonest < 0 || this.#deadlines[at]! < this.#deadlines[soonest]!) soonest = at;
    }
    return soonest;
  }

  #remove(at: number): void {
    this.#names.splice(at, 1);
    this.#deadlines.splice(at, 1);
  }
}
