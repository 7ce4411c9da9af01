import { Canvas } from '../../../src/recorder/timeline/canvas';
import { GapLog } from '../../../src/recorder/timeline/gap-log';
import { Reorder } from '../../../src/recorder/timeline/reorder';
import { LossInterval, SequenceLog } from '../../../src/recorder/timeline/sequence-log';
import { slip } from '../../../src/recorder/timeline/slip';

describe('the canvas', () => {
  const WINDOW = 100;
  let file: number[];
  let canvas: Canvas;
  beforeEach(() => {
    file = [];
    canvas = new Canvas(2, WINDOW, (frame, pcm) => {
      pcm.forEach((sample, i) => {
        file[frame * 2 + i] = sample;
      });
    });
  });
  const channel = (which: number): number[] => {
    canvas.flush();
    return Array.from({ length: canvas.end }, (_, frame) => file[frame * 2 + which] ?? 0);
  };
  const ones = (count: number, value = 1): Int16Array => new Int16Array(count).fill(value);

  it('adds what is painted twice, and saturates', () => {
    canvas.add(0, 0, ones(2, 20_000));
    canvas.add(0, 1, ones(2, 20_000));
    canvas.add(1, 0, ones(2, -20_000));
    canvas.add(1, 0, ones(1, -20_000));
    expect(channel(0)).toEqual([20_000, 32_767, 20_000]);
    expect(channel(1)).toEqual([-32_768, -20_000, 0]);
  });

  it('takes latecomers as long as it remembers their place, and counts those that are too late', () => {
    for (let frame = 0; frame < 200; frame += 10) canvas.add(0, frame, ones(10));
    expect(canvas.add(1, 160, ones(5, 7))).toBe(0);
    expect(canvas.add(1, 0, ones(5, 7))).toBe(5);
    expect(channel(0)).toEqual(new Array(200).fill(1));
    expect(channel(1).slice(155, 170)).toEqual([0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0]);
  });

  it('goes on over a silence longer than its memory', () => {
    canvas.add(0, 0, ones(3));
    canvas.add(0, 1000, ones(2));
    canvas.extendTo(1500);
    const samples = channel(0);
    expect(samples).toHaveLength(1500);
    expect(samples.flatMap((sample, at) => (sample === 0 ? [] : [at]))).toEqual([
      0, 1, 2, 1000, 1001,
    ]);
  });

  it('moves channels, and makes room before them, while all is in memory', () => {
    canvas.add(0, 0, ones(3));
    canvas.add(1, 5, ones(3, 2));
    expect(canvas.shift(0, 2)).toBe(true);
    expect(canvas.shift(1, -4)).toBe(true);
    expect(channel(0)).toEqual([0, 0, 1, 1, 1, 0, 0, 0, 0, 0]);
    expect(channel(1)).toEqual([0, 2, 2, 2, 0, 0, 0, 0, 0, 0]);
    expect(canvas.prepend(3)).toBe(true);
    expect(channel(1).slice(0, 8)).toEqual([0, 0, 0, 0, 2, 2, 2, 0]);
    canvas.extendTo(WINDOW + 1);
    expect(canvas.whole).toBe(false);
    expect(canvas.shift(0, 1)).toBe(false);
    expect(canvas.prepend(1)).toBe(false);
  });
});

describe('the sequence log', () => {
  const logOf = (...sequences: number[]) => {
    const log = new SequenceLog();
    const verdicts = sequences.map((sequence) => log.receive(sequence));
    return { log, verdicts };
  };

  it('tells packets ahead, behind, and seen before', () => {
    const { log, verdicts } = logOf(10, 11, 13, 12, 13, 14);
    expect(verdicts).toEqual(['first', 'ahead', 'ahead', 'behind', 'duplicate', 'ahead']);
    expect(log).toMatchObject({ lost: 0, received: 5, duplicates: 1, reordered: 1 });
  });

  it('runs on over the wrap, and counts what is missing', () => {
    const { log } = logOf(65_534, 65_535, 1, 2);
    expect(log).toMatchObject({ lost: 1, received: 4, highest: 65_538 });
  });

  it('follows a sender that restarts, and does not miss what lies between', () => {
    const { log, verdicts } = logOf(10, 11, 40_000, 40_001, 40_003);
    expect(verdicts[2]).toBe('restart');
    expect(log).toMatchObject({ lost: 1, received: 5 });
    expect(log.highest & 0xffff).toBe(40_003);
  });

  it('counts a packet from before the first one', () => {
    const { log } = logOf(11, 10, 12);
    expect(log).toMatchObject({ lost: 0, received: 3 });
  });

  it('does not miss what was sent during a pause', () => {
    const { log } = logOf(1, 2);
    log.pause();
    log.receive(500);
    log.receive(502);
    expect(log).toMatchObject({ lost: 1, received: 4 });
  });

  it('tells the share lost since it was asked last', () => {
    const loss = new LossInterval();
    expect(loss.take({ expected: 100, received: 75 })).toBe(64);
    expect(loss.take({ expected: 200, received: 175 })).toBe(0);
    expect(loss.take({ expected: 200, received: 180 })).toBe(0);
  });
});

describe('reordering', () => {
  const setUp = () => {
    const delivered: number[] = [];
    const late: number[] = [];
    const reorder = new Reorder<{ sequence: number; arrival: number }>(
      ({ sequence }) => delivered.push(sequence),
      ({ sequence }) => late.push(sequence),
    );
    const push = (sequence: number, arrival = 0) => reorder.push({ sequence, arrival });
    return { reorder, push, delivered, late };
  };

  it('waits for a packet that is missing, a while', () => {
    const { reorder, push, delivered, late } = setUp();
    for (const sequence of [1, 3, 4]) push(sequence, 10);
    reorder.tick(100);
    expect(delivered).toEqual([1]);
    push(2, 105);
    expect(delivered).toEqual([1, 2, 3, 4]);
    push(6, 110);
    reorder.tick(210);
    expect(delivered).toEqual([1, 2, 3, 4, 6]);
    push(5, 220);
    expect(late).toEqual([5]);
  });

  it('does not wait behind a crowd', () => {
    const { push, delivered } = setUp();
    push(0);
    for (let sequence = 2; sequence < 70; sequence++) push(sequence);
    expect(delivered.slice(0, 3)).toEqual([0, 2, 3]);
  });
});

describe('a slip', () => {
  const tone = Int16Array.from({ length: 160 }, (_, n) => 8000 * Math.sin(n / 5));

  it('of speech is one sample, at a place where it is hardly heard', () => {
    const longer = slip(tone, 30);
    expect(longer).toMatchObject({ moved: 1, samples: { length: 161 } });
    const shorter = slip(tone, -30);
    expect(shorter).toMatchObject({ moved: -1, samples: { length: 159 } });
    for (const { samples } of [longer, shorter]) {
      const steps = [...samples.slice(1)].map((sample, n) => Math.abs(sample - samples[n]!));
      expect(Math.max(...steps)).toBeLessThan(1700);
    }
  });

  it('of silence is as long as wanted, up to a frame', () => {
    const silence = new Int16Array(160);
    expect(slip(silence, 30)).toMatchObject({ moved: 30, samples: { length: 190 } });
    expect(slip(silence, 900)).toMatchObject({ moved: 160 });
    expect(slip(silence, -900)).toMatchObject({ moved: -80, samples: { length: 80 } });
  });

  it('of nothing changes nothing', () => {
    expect(slip(tone, 0)).toEqual({ samples: tone, moved: 0 });
    expect(slip(new Int16Array(1), 5).moved).toBe(0);
  });
});

it('a gap that a latecomer fills is none', () => {
  const gaps = new GapLog();
  gaps.add(100, 320, 5, 7);
  gaps.add(900, 160, 12, 13);
  gaps.add(900, 0, 20, 21);
  gaps.fill(12);
  gaps.fill(5);
  gaps.move(10);
  expect(gaps.runs).toMatchObject([{ frame: 110, frames: 320, packets: 1 }]);
});
