import { Pace } from '../../../src/media/relay/pace';

const AT_ONCE = 0;

/** The pace when `events` are found every `every` ms for a second. */
function paceAt(events: number, every: number, pace = new Pace()): Pace {
  for (let now = 1_000; now < 2_000; now += every) pace.after(events, now, AT_ONCE);
  return pace;
}

describe('the pace of looking for datagrams', () => {
  test('wakes for each while there are few', () => {
    expect(paceAt(1, 1).enough).toBe(1);
    expect(paceAt(66, 20).enough).toBe(1);
    expect(paceAt(67, 20).enough).toBe(3);
  });

  test('wakes for what comes in three quarters of a millisecond when there are many, however they are found', () => {
    expect(paceAt(1, 0.1).enough).toBe(8);
    expect(paceAt(20, 1).enough).toBe(15);
    expect(paceAt(800, 20).enough).toBe(30);
  });

  test('wakes for each again when it has become quiet', () => {
    const pace = paceAt(20, 1);
    pace.after(1, 5_000, AT_ONCE);
    expect(pace.enough).toBe(1);
  });

  test('waits longer than a tick of the scheduler while they come, and a millisecond for ten seconds after it has waited in vain', () => {
    const pace = paceAt(20, 1);
    pace.after(15, 2_000, 5_000);
    expect(pace.patience).toBe(5_000);
    pace.after(14, 2_001, 1_000);
    expect(pace.patience).toBe(5_000);
    pace.after(14, 2_002, 5_000);
    expect(pace.patience).toBe(1_000);
    pace.after(3, 12_001, 1_000);
    expect(pace.patience).toBe(1_000);
    pace.after(3, 12_002, 1_000);
    expect(pace.patience).toBe(5_000);
  });
});
