import { Histogram } from './histogram';

describe('a histogram of delays', () => {
  it('gives quantiles to 10 µs and the largest exactly', () => {
    const histogram = new Histogram();
    for (let us = 0; us < 1000; us++) histogram.add(10 * us + 5);
    expect(histogram.summary()).toEqual({ p50: 5_000, p99: 9_900, p999: 9_990, max: 9_995 });
  });

  it('takes what is beyond a second, and clocks that disagree', () => {
    const histogram = new Histogram();
    histogram.add(-3);
    histogram.add(5_000_000);
    expect(histogram.summary()).toMatchObject({ p50: 10, p99: 1_000_000, max: 5_000_000 });
  });

  it('begins anew', () => {
    const histogram = new Histogram();
    histogram.add(900);
    histogram.clear();
    histogram.add(15);
    expect(histogram.summary()).toEqual({ p50: 20, p99: 20, p999: 20, max: 15 });
  });
});
