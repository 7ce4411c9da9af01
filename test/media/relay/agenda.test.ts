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
});
