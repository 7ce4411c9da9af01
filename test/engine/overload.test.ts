import { Overload, watchOverload } from '../../src/engine/overload';
import { captureLog } from '../support/captured-log';
import { VirtualClock } from '../support/virtual-clock';

const FULL = { busy: 1, repeated: 3 };

function overloaded(): Overload {
  const overload = new Overload();
  for (let window = 0; window < 4; window++) overload.take(FULL);
  return overload;
}

describe('overload', () => {
  it('begins when peers repeat themselves to a thread that is busy all the time', () => {
    expect(overloaded().is).toBe(true);
  });

  it('is not begun by a stall that is caught up with', () => {
    const overload = new Overload();
    for (let stall = 0; stall < 3; stall++) {
      for (let window = 0; window < 3; window++) overload.take(FULL);
      overload.take({ busy: 1, repeated: 0 });
    }
    expect(overload.is).toBe(false);
  });

  it.each([
    ['a burst that nobody has to repeat', { busy: 1, repeated: 0 }],
    ['a lossy network', { busy: 0.5, repeated: 20 }],
  ])('is not begun by %s', (_what, sign) => {
    const overload = new Overload();
    for (let window = 0; window < 20; window++) overload.take(sign);
    expect(overload.is).toBe(false);
  });

  it('goes on while they repeat, and ends two windows after the last repetition', () => {
    const overload = overloaded();
    const seen = [3, 1, 0, 0, 0].map((repeated) => {
      overload.take({ busy: 1, repeated });
      return overload.is;
    });
    expect(seen).toEqual([true, true, true, false, false]);
  });

  it('ends as soon as the thread has room again', () => {
    const overload = overloaded();
    overload.take({ busy: 0.8, repeated: 3 });
    expect(overload.is).toBe(false);
  });

  it('begins again at once within ten seconds of its end, and later only when it lasts', () => {
    const overload = overloaded();
    const rest = (windows: number): void => {
      for (let window = 0; window < windows; window++) overload.take({ busy: 0.5, repeated: 0 });
    };
    rest(40);
    overload.take(FULL);
    expect(overload.is).toBe(true);
    rest(41);
    overload.take(FULL);
    expect(overload.is).toBe(false);
  });

  it('is looked for window by window, and told when it begins and ends', () => {
    const clock = new VirtualClock();
    const { log, lines } = captureLog('warn');
    const overload = new Overload();
    let repeated = 5;
    let refused = 0;
    const signs = { busy: () => 1, repeated: () => repeated, refused: () => refused };
    const stop = watchOverload(overload, signs, { clock, log });
    clock.advance(1_000);
    expect(overload.is).toBe(false);
    for (let window = 0; window < 4; window++) {
      repeated += 1;
      clock.advance(250);
    }
    expect(overload.is).toBe(true);
    refused = 40;
    clock.advance(500);
    expect(overload.is).toBe(false);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'engine overloaded' },
      { msg: 'engine not overloaded any more', refused: 40 },
    ]);
    stop();
    clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });
});
