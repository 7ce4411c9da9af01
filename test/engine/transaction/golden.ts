import type { TransactionMachine } from '../../../src/engine/transaction/machine';

/** One row: in this state, on this input, to that state, with these outputs. */
export type Row = readonly [state: string, input: string, next: string, outputs: string];

/** Reads a table of rows drawn with `|`, so that a test shows what it expects as one picture. */
export function rows(table: string): Row[] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()) as unknown as Row);
}

/** Drives a machine by words: `100` a response, `timer` the next timer, else an input's kind. */
export class Rig<Input, Output extends { readonly kind: string }> {
  now = 0;
  readonly sent: string[] = [];

  constructor(
    readonly machine: TransactionMachine<Input, Output>,
    private readonly input: (word: string) => Input,
  ) {}

  say(word: string): string {
    const outputs =
      word === 'timer' || /^[A-M]$/.test(word) || word === 'cancel-wait'
        ? this.#fire(word)
        : this.machine.handle(this.input(word), this.now);
    return outputs.map((output) => output.kind).join(' ');
  }

  /** Advances to the deadline of the timer of that name, through earlier ones. */
  #fire(word: string): readonly Output[] {
    for (let turns = 0; turns < 100; turns++) {
      const due = this.machine.waitingFor;
      const deadline = this.machine.nextDeadline();
      if (deadline === undefined) throw new Error(`no timer ${word} in ${this.machine.state}`);
      this.now = deadline;
      const outputs = this.machine.tick(this.now);
      if (word === 'timer' || due === word || (word === 'cancel-wait' && due === 'cancel')) {
        return outputs;
      }
    }
    throw new Error(`timer ${word} never fired`);
  }
}
