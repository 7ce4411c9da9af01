import fc from 'fast-check';
import { Agenda } from '../../../src/media/relay/agenda';

const noBug = (error: unknown): never => {
  throw error;
};

describe('an agenda', () => {
  test('does what is due, earliest first, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), fc.nat(100), (deadlines, now) => {
        const agenda = new Agenda(noBug);
        const done: number[] = [];
        for (const deadline of deadlines) agenda.at(deadline, () => done.push(deadline));
        agenda.run(now);
        const due = deadlines.filter((deadline) => deadline <= now).sort((a, b) => a - b);
        expect(done).toEqual(due);
        const later = deadlines.filter((deadline) => deadline > now);
        expect(agenda.next()).toBe(later.length > 0 ? Math.min(...later) : undefined);
      }),
    );
  });

  test('forgets what is cancelled', () => {
    const agenda = new Agenda(noBug);
    const act = jest.fn();
    agenda.at(5, act).cancel();
    agenda.run(10);
    expect(act).not.toHaveBeenCalled();
  });

  test('leaves what is added by an act to the next run', () => {
    const agenda = new Agenda(noBug);
    const again = jest.fn();
    agenda.at(1, (now) => agenda.at(now, again));
    agenda.run(1);
    expect(again).not.toHaveBeenCalled();
    agenda.run(1);
    expect(again).toHaveBeenCalledTimes(1);
  });

  test('says when something is due sooner than before', () => {
    const sooner = jest.fn();
    const agenda = new Agenda(noBug, sooner);
    for (const deadline of [10, 20, 5]) agenda.at(deadline, () => {});
    expect(sooner).toHaveBeenCalledTimes(2);
  });

  test('never comes to what is to be done never', () => {
    const agenda = new Agenda(noBug);
    const never = jest.fn();
    agenda.at(Number.POSITIVE_INFINITY, never).cancel();
    expect(agenda.next()).toBeUndefined();
  });

  test('goes on after an act that throws', () => {
    const bugs: unknown[] = [];
    const agenda = new Agenda((error) => bugs.push(error));
    const next = jest.fn();
    agenda.at(1, () => {
      throw new Error('bug');
    });
    agenda.at(2, next);
    agenda.run(3);
    expect(next).toHaveBeenCalled();
    expect(bugs).toHaveLength(1);
  });

  test('rings an alarm at the time that was set last, once, however often it was set before', () => {
    const step = fc.oneof(
      fc.record({ set: fc.nat(30) }),
      fc.constant('cancel' as const),
      fc.constant('tick' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const agenda = new Agenda(noBug);
        const rung: number[] = [];
        const alarm = agenda.alarm((now) => rung.push(now));
        const expected: number[] = [];
        let [now, due] = [0, Number.POSITIVE_INFINITY];
        for (const one of steps) {
          if (one === 'cancel') {
            alarm.cancel();
            due = Number.POSITIVE_INFINITY;
          } else if (one === 'tick') {
            now += 5;
            agenda.run(now);
            if (due > now) continue;
            expected.push(now);
            due = Number.POSITIVE_INFINITY;
          } else {
            due = now + one.set;
            alarm.set(due);
          }
        }
        expect(rung).toEqual(expected);
      }),
    );
  });

  test('lets an alarm set itself again, and another set it while both are due', () => {
    const agenda = new Agenda(noBug);
    const rung: string[] = [];
    const second = agenda.alarm((now) => rung.push(`second ${now}`));
    const first = agenda.alarm((now) => {
      rung.push(`first ${now}`);
      if (now < 30) first.set(now + 10);
      second.set(25);
    });
    first.set(10);
    second.set(10);
    for (let now = 10; now <= 40; now += 5) agenda.run(now);
    expect(rung).toEqual(['first 10', 'first 20', 'second 25', 'first 30', 'second 35']);
    expect(agenda.next()).toBeUndefined();
  });
});
