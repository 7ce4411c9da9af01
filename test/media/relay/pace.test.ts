import { Pace } from '../../../src/media/relay/pace';

/** The last pause when `events` are found every `every` ms for a second. */
function pauseAt(events: number, every: number, pace = new Pace()): number {
  let pause = 0;
  for (let now = 1_000; now < 2_000; now += every) pause = pace.after(events, now);
  return pause;
}

describe('the pace of looking for datagrams', () => {
  test('is immediate while there are few', () => {
    expect(pauseAt(1, 1)).toBe(0);
    expect(pauseAt(30, 20)).toBe(0);
  });

  test('is once a millisecond when there are many, however they come', () => {
    expect(pauseAt(1, 0.1)).toBe(1);
    expect(pauseAt(20, 1)).toBe(1);
  });

  test('is immediate again when it has become quiet', () => {
    const pace = new Pace();
    pauseAt(20, 1, pace);
    expect(pace.after(1, 5_000)).toBe(0);
  });
});
