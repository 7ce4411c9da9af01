import { Driver, type Instant, type Machine } from '../../src/core';
import { VirtualClock } from '../support/virtual-clock';

/** Counts inputs and ticks; `deadline` is what the test says it is. */
class Probe implements Machine<string, string> {
  deadline: Instant | undefined;
  readonly ticks: Instant[] = [];
  insideHandle = 0;

  handle(input: string, now: Instant): string[] {
    this.insideHandle += 1;
    try {
      if (input === 'throw') throw new Error('a bug');
      if (input.startsWith('at ')) this.deadline = Number(input.slice(3));
      if (input === 'rest') this.deadline = undefined;
      return [`${this.insideHandle}:${input}@${now}`];
    } finally {
      this.insideHandle -= 1;
    }
  }

  tick(now: Instant): string[] {
    this.ticks.push(now);
    this.deadline = undefined;
    return [`tick@${now}`];
  }

  nextDeadline(): Instant | undefined {
    return this.deadline;
  }
}

function driven(perform: (output: string, driver: Driver<string, string>) => void = () => {}) {
  const clock = new VirtualClock();
  const machine = new Probe();
  const outputs: string[] = [];
  const driver: Driver<string, string> = new Driver(machine, clock, (output) => {
    outputs.push(output);
    perform(output, driver);
  });
  return { clock, machine, outputs, driver };
}

describe('a driver', () => {
  it('gives an input to the machine with the time, and performs what comes out', () => {
    const { clock, driver, outputs } = driven();
    clock.advance(7);
    driver.input('a');
    expect(outputs).toEqual(['1:a@7']);
  });

  it('lets an input that arrives during outputs wait its turn', () => {
    const { driver, outputs } = driven((output, self) => {
      if (output.includes(':a@')) {
        self.input('b');
        self.input('c');
        outputs.push('end of a');
      }
    });
    driver.input('a');
    expect(outputs).toEqual(['1:a@0', 'end of a', '1:b@0', '1:c@0']);
  });

  it('ticks the machine at its deadline and not before', () => {
    const { clock, driver, machine } = driven();
    driver.input('at 100');
    clock.advanceTo(99);
    expect(machine.ticks).toEqual([]);
    clock.advanceTo(100);
    expect(machine.ticks).toEqual([100]);
  });

  it('keeps one timer, at the deadline that holds last', () => {
    const { clock, driver, machine } = driven();
    for (const input of ['at 100', 'at 50', 'at 200', 'at 200']) driver.input(input);
    expect(clock.pending).toBe(1);
    clock.advanceTo(150);
    expect(machine.ticks).toEqual([]);
    clock.advanceTo(200);
    expect(machine.ticks).toEqual([200]);
    expect(clock.pending).toBe(0);
  });

  it('leaves no timer when the machine wants none', () => {
    const { clock, driver } = driven();
    driver.input('at 100');
    driver.input('rest');
    expect(clock.pending).toBe(0);
  });

  it('ticks at once for a deadline that is past', () => {
    const { clock, driver, machine } = driven();
    clock.advance(500);
    driver.input('at 100');
    clock.advance(0);
    expect(machine.ticks).toEqual([500]);
  });

  it('rests when stopped', () => {
    const { clock, driver, machine } = driven();
    driver.input('at 100');
    driver.stop();
    clock.advance(1000);
    expect(machine.ticks).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('shows a bug of the machine, and goes on with the next input', () => {
    const { driver, outputs } = driven();
    expect(() => driver.input('throw')).toThrow('a bug');
    driver.input('a');
    expect(outputs).toEqual(['1:a@0']);
  });

  it('shows a bug of what performs, and still gets its timer', () => {
    const { clock, driver, machine } = driven((output) => {
      if (output.includes('at 100')) throw new Error('a bug outside');
    });
    expect(() => driver.input('at 100')).toThrow('a bug outside');
    clock.advance(100);
    expect(machine.ticks).toEqual([100]);
  });
});
