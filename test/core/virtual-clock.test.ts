import { SystemClock } from '../../src/core';
import { VirtualClock } from '../support/virtual-clock';

describe('the virtual clock', () => {
  it('stands still until told', () => {
    const clock = new VirtualClock(0);
    expect([clock.now(), clock.now()]).toEqual([0, 0]);
    clock.advance(1500);
    expect(clock.now()).toBe(1500);
    expect(clock.wall()).toEqual(new Date(1500));
  });

  it('fires timers in order, each at its own instant', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.after(30, () => fired.push(`c@${clock.now()}`));
    clock.after(10, () => fired.push(`a@${clock.now()}`));
    clock.after(10, () => fired.push(`b@${clock.now()}`));
    clock.after(31, () => fired.push('late'));
    clock.advance(30);
    expect(fired).toEqual(['a@10', 'b@10', 'c@30']);
    expect(clock.pending).toBe(1);
  });

  it('fires a timer that a timer sets, when it falls into the same span', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
  });

  it('fires nothing that was cancelled, however often', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const cancel = clock.after(10, () => fired.push('no'));
    cancel();
    cancel();
    clock.advance(100);
    expect(fired).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('never goes back', () => {
    const clock = new VirtualClock();
    clock.advanceTo(50);
    clock.advanceTo(20);
    expect(clock.now()).toBe(50);
  });
});

describe('the clock of the machine', () => {
  it('counts milliseconds that only grow, and tells the day', () => {
    const clock = new SystemClock();
    const before = clock.now();
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(Math.abs(clock.wall().getTime() - Date.now())).toBeLessThan(1000);
  });

  it('runs a callback once, unless cancelled', async () => {
    const clock = new SystemClock();
    const fired: string[] = [];
    clock.after(0, () => fired.push('no'))();
    await new Promise<void>((resolve) => {
      // The clock's own timers keep no process alive; this one does, for the test.
      const keeper = setTimeout(resolve, 10_000);
      clock.after(1, () => {
        fired.push('yes');
        clearTimeout(keeper);
        resolve();
      });
    });
    expect(fired).toEqual(['yes']);
  });
});
