import type { Instant } from './time';

/**
 * The timers of one pure machine, by name. Setting a name again moves it; a dump shows every
 * deadline. Holds no handle of the runtime, so that nothing can leak.
 */
export class TimerTable<Name extends string> {
  readonly #deadlines = new Map<Name, Instant>();

  set(name: Name, deadline: Instant): void {
    this.#deadlines.set(name, deadline);
  }

  stop(name: Name): void {
    this.#deadlines.delete(name);
  }

  stopAll(): void {
    this.#deadlines.clear();
  }

  has(name: Name): boolean {
    return this.#deadlines.has(name);
  }

  /** The earliest deadline and its name. */
  next(): { readonly name: Name; readonly deadline: Instant } | undefined {
    let soonest: { name: Name; deadline: Instant } | undefined;
    for (const [name, deadline] of this.#deadlines) {
      if (!soonest || deadline < soonest.deadline) soonest = { name, deadline };
    }
    return soonest;
  }

  /** Removes and returns the names whose deadline is at or before `now`, earliest first. */
  takeDue(now: Instant): Name[] {
    const due = [...this.#deadlines].filter(([, deadline]) => deadline <= now);
    due.sort(([, a], [, b]) => a - b);
    for (const [name] of due) this.#deadlines.delete(name);
    return due.map(([name]) => name);
  }
}
