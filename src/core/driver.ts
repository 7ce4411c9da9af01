import type { Cancel, Clock, Instant } from './time';

/** A machine without input or output of its own: inputs and a time in, outputs out. */
export interface Machine<Input, Output> {
  handle(input: Input, now: Instant): readonly Output[];
  /** Fires every timer due at `now`. */
  tick(now: Instant): readonly Output[];
  nextDeadline(): Instant | undefined;
}

/**
 * Drives one machine: one input, every output performed, then one timer re-armed. An input that
 * arrives while outputs are performed waits its turn, so that the machine never re-enters itself.
 */
export class Driver<Input, Output> {
  /** Inputs that came while outputs were performed. */
  #queue: Array<Input | typeof TICK> | undefined;
  #draining = false;
  #cancel: Cancel | undefined;
  #armedFor: Instant | undefined;

  constructor(
    private readonly machine: Machine<Input, Output>,
    private readonly clock: Clock,
    private readonly perform: (output: Output, now: Instant) => void,
  ) {}

  input(input: Input): void {
    this.#drain(input);
  }

  /** Forgets the timer. The machine gets no further tick. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = undefined;
  }

  #drain(first: Input | typeof TICK): void {
    if (this.#draining) {
      this.#queue ??= [];
      this.#queue.push(first);
      return;
    }
    this.#draining = true;
    let now = 0;
    try {
      let next: typeof first | undefined = first;
      if (this.#queue && this.#queue.length > 0) {
        // Left over when an output threw.
        this.#queue.push(first);
        next = this.#queue.shift();
      }
      while (next !== undefined) {
        now = this.clock.now();
        const outputs =
          next === TICK ? this.machine.tick(now) : this.machine.handle(next as Input, now);
        for (const output of outputs) this.perform(output, now);
        next = this.#queue?.shift();
      }
    } finally {
      this.#draining = false;
      this.#rearm(now);
    }
  }

  #rearm(now: Instant): void {
    const deadline = this.machine.nextDeadline();
    if (deadline === this.#armedFor) return;
    this.stop();
    if (deadline === undefined) return;
    this.#armedFor = deadline;
    this.#cancel = this.clock.after(Math.max(0, deadline - now), () => {
      this.#cancel = undefined;
      this.#armedFor = undefined;
      this.#drain(TICK);
    });
  }
}

const TICK = Symbol('tick');
