import { ARRIVALS, moments } from './arrivals';

describe('the moments of a frame at which streams have their packets', () => {
  test.each(ARRIVALS)('%s: are in order, within the frame, and the same each time', (arrivals) => {
    const all = [...moments(arrivals, 400)];
    expect(all).toEqual([...all].sort((a, b) => a - b));
    expect(all[0]).toBeGreaterThanOrEqual(0);
    expect(all.at(-1)).toBeLessThan(1);
    expect([...moments(arrivals, 400)]).toEqual(all);
  });

  test('are as far apart as each other, in a tenth of the frame, or with gaps of all sizes', () => {
    const gaps = (all: Float64Array) => [...all.subarray(1)].map((at, i) => at - all[i]!);
    const longest = ARRIVALS.map((arrivals) => Math.max(...gaps(moments(arrivals, 400))));
    expect(longest[0]).toBeCloseTo(1 / 400, 9);
    expect(longest[1]).toBeGreaterThan(4 / 400);
    expect(longest[2]).toBeCloseTo(0.1 / 400, 9);
    expect(moments('bursts', 400).at(-1)).toBeLessThan(0.1);
  });
});
