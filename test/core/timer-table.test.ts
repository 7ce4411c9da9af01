import fc from 'fast-check';
import { TimerTable } from '../../src/core';

describe('a table of timers', () => {
  it('knows the earliest and whose it is', () => {
    const timers = new TimerTable<'a' | 'b' | 'c'>();
    expect(timers.next()).toBeUndefined();
    timers.set('a', 30);
    timers.set('b', 10);
    timers.set('c', 20);
    expect(timers.next()).toEqual({ name: 'b', deadline: 10 });
  });

  it('moves a timer that is set again, and forgets one that is stopped', () => {
    const timers = new TimerTable<'a' | 'b'>();
    timers.set('a', 10);
    timers.set('a', 40);
    timers.set('b', 20);
    timers.stop('b');
    timers.stop('b');
    expect([timers.has('a'), timers.has('b')]).toEqual([true, false]);
    expect(timers.takeDue(39)).toEqual([]);
    expect(timers.takeDue(40)).toEqual(['a']);
    expect(timers.has('a')).toBe(false);
  });

  it('gives what is due once, earliest first, a deadline itself included', () => {
    const timers = new TimerTable<string>();
    for (const [name, deadline] of [
      ['c', 30],
      ['a', 10],
      ['d', 31],
      ['b', 20],
    ] as const) {
      timers.set(name, deadline);
    }
    expect(timers.takeDue(30)).toEqual(['a', 'b', 'c']);
    expect(timers.takeDue(30)).toEqual([]);
    expect(timers.next()).toEqual({ name: 'd', deadline: 31 });
    timers.stopAll();
    expect(timers.next()).toBeUndefined();
  });

  it('agrees with a plain list, whatever is set and stopped in whatever order', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), name, at: fc.nat(20) }),
      fc.record({ do: fc.constant('stop' as const), name, at: fc.nat(20) }),
      fc.record({ do: fc.constant('take' as const), name, at: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const timers = new TimerTable<string>();
        const plain: Record<string, number> = {};
        for (const { do: what, name: timer, at } of steps) {
          if (what === 'set') {
            timers.set(timer, at);
            plain[timer] = at;
          } else if (what === 'stop') {
            timers.stop(timer);
            delete plain[timer];
          } else {
            const due = timers.takeDue(at);
            const expected = Object.keys(plain).filter((known) => plain[known]! <= at);
            expect([...due].sort()).toEqual(expected.sort());
            expect(due.map((taken) => plain[taken]!)).toEqual(
              due.map((taken) => plain[taken]!).sort((one, other) => one - other),
            );
            for (const taken of due) delete plain[taken];
          }
          const soonest = Object.keys(plain).length ? Math.min(...Object.values(plain)) : undefined;
          expect(timers.next()?.deadline).toBe(soonest);
        }
      }),
    );
  });
});
