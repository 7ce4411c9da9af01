import { Pace } from '../../../src/media/relay/pace';

const AT_ONCE = 0;

/** The pace when `events` are found every `every` ms for a second. */
function paceAt(events: number, every: number, pace = new Pace()): Pace {
  for (let now = 1_000; now < 2_000; now += every) pace.after(events, now, AT_ONCE);
  return pace;
}

/** 300 in each frame, all but the last three of which come at once. */
function inBursts(pace: Pace, frame: number, from: number, to: number): number {
  let now = from;
  while (now < to) {
    pace.after(297, now, pace.patience);
    for (let left = frame; left > 0; left -= 5) pace.after(3, (now += 5), pace.patience);
  }
  return now;
}

describe('the pace of looking for datagrams', () => {
  test('wakes for each while there are few', () => {
    expect(paceAt(1, 1).enough).toBe(1);
    expect(paceAt(66, 20).enough).toBe(1);
    expect(paceAt(67, 20).enough).toBe(3);
  });

  test('wakes for what comes in three quarters of a millisecond when there are many, however they are found', () => {
    expect(paceAt(2, 0.1).enough).toBe(15);
    expect(paceAt(20, 1).enough).toBe(15);
    expect(paceAt(800, 20).enough).toBe(30);
  });

  test('wakes for what comes in a whole one where that is a dozen at most, and for a dozen until that is fewer', () => {
    expect(paceAt(100, 20).enough).toBe(5);
    expect(paceAt(200, 20).enough).toBe(10);
    expect(paceAt(240, 20).enough).toBe(12);
    expect(paceAt(320, 20).enough).toBe(12);
    expect(paceAt(340, 20).enough).toBe(13);
  });

  test('wakes for each again when it has become quiet', () => {
    const pace = paceAt(20, 1);
    pace.after(1, 5_000, AT_ONCE);
    expect(pace.enough).toBe(1);
  });

  test.each([20, 40, 60])(
    'waits for a millisecond at most where they come in bursts every %i ms, and tries again',
    (frame) => {
      const pace = paceAt(20, 1);
      let now = inBursts(pace, frame, 2_000, 3_000);
      expect(pace.patience).toBe(1_000);
      now = inBursts(pace, frame, now, 12_000);
      expect(pace.patience).toBe(1_000);
      for (; now < 23_000; now++) pace.after(20, now, pace.patience);
      expect(pace.patience).toBe(5_000);
    },
  );

  test('does not mind a sender that was held up now and then', () => {
    const pace = new Pace();
    for (let now = 1_000; now < 5_000; now++) {
      pace.after(now % 200 === 0 ? 3 : 20, now, 5_000);
      expect(pace.patience).toBe(5_000);
    }
  });
});
