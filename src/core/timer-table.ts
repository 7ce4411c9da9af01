import type { Instant } from './time';

interface Timer<Name> {
  readonly name: Name;
  deadline: Instant;
  next: Timer<Name> | undefined;
}

/**
 * The timers of one pure machine, by name. Setting a name again moves it; a dump shows every
 * deadline. Holds no handle of the runtime, so that nothing can leak.
 *
 * There are hundreds of machines a second, with one to three timers each, and most of them linger: a chain is less to
 * make and to keep than a map, or than arrays, which V8 gives room for seventeen at the first push.
 */
export class TimerTable<Name extends string> {
  /** In the order in which they were first set. */
  #first: Timer<Name> | undefined;

  set(name: Name, deadline: Instant): void {
    let last: Timer<Name> | undefined;
    for (let one = this.#first; one; one = one.next) {
      if (one.name === name) {
        one.deadline = deadline;
        return;
      }
      last = one;
    }
    const timer: Timer<Name> = { name, deadline, next: undefined };
    if (last) last.next = timer;
    else this.#first = timer;
  }

  stop(name: Name): void {
    let before: Timer<Name> | undefined;
    for (let one = this.#first; one; one = one.next) {
      if (one.name !== name) {
        before = one;
        continue;
      }
      if (before) before.next = one.next;
      else this.#first = one.next;
      return;
    }
  }

  stopAll(): void {
    this.#first = undefined;
  }

  has(name: Name): boolean {
    for (let one = this.#first; one; one = one.next) if (one.name === name) return true;
    return false;
  }

  /** The earliest deadline; of several that are equal it is the one of the timer set first. */
  get deadline(): Instant | undefined {
    return this.#soonest()?.deadline;
  }

  /** The earliest deadline and its name. */
  next(): { readonly name: Name; readonly deadline: Instant } | undefined {
    const soonest = this.#soonest();
    return soonest && { name: soonest.name, deadline: soonest.deadline };
  }

  /** Removes and returns the names whose deadline is at or before `now`, earliest first. */
  takeDue(now: Instant): Name[] {
    const due: Name[] = [];
    for (;;) {
      const soonest = this.#soonest();
      if (!soonest || soonest.deadline > now) return due;
      due.push(soonest.name);
      this.stop(soonest.name);
    }
  }

  #soonest(): Timer<Name> | undefined {
    let soonest = this.#first;
    for (let one = soonest?.next; one; one = one.next) {
      if (one.deadline < soonest!.deadline) soonest = one;
    }
    return soonest;
  }
}
