import { Pace } from '../../../src/media/relay/pace';

/** How many are to gather in the end, when `events` are found every `every` ms for a second. */
function enoughAt(events: number, every: number, pace = new Pace()): number {
  let enough = 0;
  for (let now = 1_000; now < 2_000; now += every) enough = pace.after(events, now);
  return enough;
}

describe('the pace of looking for datagrams', () => {
  test('wakes for each while there are few', () => {
    expect(enoughAt(1, 1)).toBe(1);
    expect(enoughAt(30, 20)).toBe(1);
  });

  test('wakes for what comes in three quarters of a millisecond when there are many, however they are found', () => {
    expect(enoughAt(1, 0.1)).toBe(8);
    expect(enoughAt(20, 1)).toBe(15);
    expect(enoughAt(800, 20)).toBe(30);
  });

  test('wakes for each again when it has become quiet', () => {
    const pace = new Pace();
    enoughAt(20, 1, pace);
    expect(pace.after(1, 5_000)).toBe(1);
  });
});
