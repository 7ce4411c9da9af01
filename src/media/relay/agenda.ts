import type { Instant, Millis } from '../../core';

/** One thing to do later. Cancelled entries stay in the heap until their time and do nothing. */
export interface Appointment {
  readonly deadline: Instant;
  cancel(): void;
}

/** An appointment that is made again and again, of which nothing is left for the collector. */
export class Alarm {
  #entry: Entry | undefined;

  constructor(
    private readonly push: (entry: Entry) => void,
    private readonly act: (now: Instant) => void,
  ) {}

  /** In place of what was set before. */
  set(deadline: Instant): void {
    const entry = this.#entry;
    if (entry === undefined || (entry.queued && deadline < entry.deadline)) {
      entry?.cancel();
      this.#entry = appointment(deadline, 0, this.act);
      this.push(this.#entry);
    } else if (entry.queued) {
      // Its time comes too early, and is then put off.
      entry.notBefore = deadline;
    } else {
      entry.deadline = deadline;
      entry.notBefore = deadline;
      this.push(entry);
    }
  }

  cancel(): void {
    if (this.#entry) this.#entry.notBefore = Number.POSITIVE_INFINITY;
  }
}

interface Entry extends Appointment {
  deadline: Instant;
  /** When its deadline comes earlier than this it is put off; infinite: for good. */
  notBefore: Instant;
  queued: boolean;
  /** 0 for once. */
  readonly every: Millis;
  act: ((now: Instant) => void) | undefined;
}

function appointment(deadline: Instant, every: Millis, act: (now: Instant) => void): Entry {
  const entry: Entry = {
    deadline,
    notBefore: deadline,
    queued: false,
    every,
    act,
    cancel() {
      entry.act = undefined;
    },
  };
  return entry;
}

/** What a worker has to do and when: a binary heap by deadline, run from the worker's own loop. */
export class Agenda {
  /** The first `#size` are the heap. It never shrinks: a list that does makes its memory anew. */
  readonly #heap: Array<Entry | undefined> = [];
  #size = 0;
  /** What a run is about. Never shrinks either. */
  readonly #due: Array<Entry | undefined> = [];

  /**
   * `onBug` hears of what an act has thrown; the others are done. `onSooner` is called when
   * something became due earlier than anything before it.
   */
  constructor(
    private readonly onBug: (error: unknown) => void,
    private readonly onSooner: () => void = () => {},
  ) {}

  at(deadline: Instant, act: (now: Instant) => void): Appointment {
    return this.#add(deadline, 0, act);
  }

  /** Again and again from `first` on, until cancelled. Makes nothing after this. */
  every(interval: Millis, first: Instant, act: (now: Instant) => void): Appointment {
    return this.#add(first, interval, act);
  }

  /** Does something whenever its time has come, which is set anew each time. */
  alarm(act: (now: Instant) => void): Alarm {
    return new Alarm((entry) => this.#push(entry), act);
  }

  #add(deadline: Instant, every: Millis, act: (now: Instant) => void): Appointment {
    const entry = appointment(deadline, every, act);
    if (deadline !== Number.POSITIVE_INFINITY) this.#push(entry);
    return entry;
  }

  #push(entry: Entry): void {
    entry.queued = true;
    this.#heap[this.#size] = entry;
    this.#rise(this.#size++);
    if (this.#heap[0] === entry) this.onSooner();
  }

  /** Whether there is something to do at `now`. */
  isDue(now: Instant): boolean {
    const first = this.#heap[0];
    return first !== undefined && first.deadline <= now;
  }

  /** The earliest deadline. It may be that of a cancelled entry, which costs one idle wake-up. */
  next(): Instant | undefined {
    return this.#heap[0]?.deadline;
  }

  /** Does everything due at `now`. What an act adds for `now` or earlier is done by the next run. */
  run(now: Instant): void {
    const due = this.#due;
    let count = 0;
    while (this.isDue(now)) due[count++] = this.#takeFirst();
    for (let i = 0; i < count; i++) {
      const entry = due[i]!;
      due[i] = undefined;
      entry.queued = false;
      if (entry.notBefore > now) {
        if (entry.notBefore === Number.POSITIVE_INFINITY) continue;
        entry.deadline = entry.notBefore;
        this.#push(entry);
        continue;
      }
      try {
        entry.act?.(now);
      } catch (error) {
        this.onBug(error);
      }
      if (entry.every === 0 || entry.act === undefined) continue;
      entry.deadline = now + entry.every;
      entry.notBefore = entry.deadline;
      this.#push(entry);
    }
  }

  #takeFirst(): Entry {
    const first = this.#heap[0]!;
    const last = this.#heap[--this.#size]!;
    this.#heap[this.#size] = undefined;
    if (this.#size > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.deadline <= heap[at]!.deadline) return;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  #sink(from: number): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < this.#size && heap[left]!.deadline < heap[least]!.deadline) least = left;
      if (right < this.#size && heap[right]!.deadline < heap[least]!.deadline) least = right;
      if (least === at) return;
      [heap[least], heap[at]] = [heap[at]!, heap[least]!];
      at = least;
    }
  }
}
