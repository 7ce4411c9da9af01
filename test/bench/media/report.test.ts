import { written } from './page';
import { kibPerCall, limits, line, loads, steady } from './report';
import type { Measured } from './session';
import { isLoadsFault, isSaturated, verdict } from './verdict';

const delays = (p99: number) => ({ p50: 100, p99, p999: 2 * p99, max: 3 * p99 });

interface Wish {
  readonly cpu?: number;
  readonly lost?: number;
  readonly lostAtRecorders?: number;
  readonly p99?: number;
  readonly late?: number;
  readonly drops?: number;
  readonly mib?: number;
}

function measured(subject: string, calls: number, wish: Wish = {}): Measured {
  const { cpu = 1, lost = 0, lostAtRecorders = 0, p99 = 1_000, late = 200, drops = 0 } = wish;
  return {
    subject,
    calls,
    seconds: 5,
    cpuMsPerCall: cpu,
    cpu: (cpu * calls) / 1000,
    others: 0,
    residentMib: wish.mib ?? 100,
    collections: 0,
    heapGrowthKib: 12.4,
    loadCpu: 0.5,
    load: {
      sent: 1000,
      partiesGot: 1000 - lost,
      recordersGot: 1000 - lostAtRecorders,
      repeated: 0,
      added: 0,
      delay: delays(p99),
      recorderDelay: delays(p99),
      late: delays(late),
      drops,
    },
  };
}

describe('the tables', () => {
  it('hold medians of the rounds, sums of losses, and the ratio to rtpengine at the same load', () => {
    const table = loads([
      measured('rtpengine', 100, { cpu: 2 }),
      measured('twintrack', 100, { cpu: 0.9, lost: 1 }),
      measured('twintrack', 100, { cpu: 1.1, lost: 2 }),
      measured('twintrack', 100, { cpu: 1, lost: 0, lostAtRecorders: 4 }),
      measured('twintrack', 50, { cpu: 3 }),
    ]);
    const rows = written(table).split('\n').slice(2);
    expect(rows.map((row) => row.split(' | ').slice(0, 6).join(' | '))).toEqual([
      '| twintrack | 50 | 3.00 |  | 15 % | 0 / 0',
      '| twintrack | 100 | 1.00 | 0.50 | 10 % | 3 / 4',
      '| rtpengine | 100 | 2.00 | 1.00 | 20 % | 0 / 0',
    ]);
    expect(rows[1]).toContain('0.10 / 1.00 / 2.00 / 3.00');
  });

  it('say of a row that it is the load which gave out', () => {
    const table = loads([measured('twintrack', 100, { drops: 1 })]);
    expect(written(table)).toMatch(
      /^\| twintrack \| 100 \| .* \| 0 \/ 0 \(the load gave out\) \| /m,
    );
  });

  it('hold the limits, with the memory of a call as the slope between loads', () => {
    const all = [
      measured('twintrack', 100, { mib: 90 }),
      measured('twintrack', 200, { mib: 60 }),
      measured('twintrack', 500, { mib: 100 }),
      measured('rtpengine', 100, { mib: 50 }),
    ];
    const found = new Map([['rtpengine', { parties: 600, recorders: 550 }]]);
    expect(limits(all, found).rows).toEqual([
      ['rtpengine', '600', '550', ''],
      ['twintrack', '', '', '26'],
    ]);
    expect(kibPerCall(all.slice(0, 1))).toBeUndefined();
  });

  it('hold what a minute has lost and left', () => {
    const { rows } = steady(measured('twintrack', 400, { lost: 1 }));
    expect(rows).toEqual([['twintrack', '400', '5', '1000', '1', '0', '+12', '0']]);
  });
});

describe('the verdict on a measurement', () => {
  it('is of parties and recorders apart', () => {
    expect(verdict(measured('x', 1))).toEqual({ parties: true, recorders: true });
    expect(verdict(measured('x', 1, { lost: 1 }))).toEqual({ parties: false, recorders: true });
    expect(verdict(measured('x', 1, { lostAtRecorders: 1 }))).toEqual({
      parties: true,
      recorders: false,
    });
    expect(verdict(measured('x', 1, { p99: 20_000 }))).toEqual({
      parties: false,
      recorders: false,
    });
  });

  it('is that the load gave out when it was late or has dropped', () => {
    expect(isLoadsFault(measured('x', 1))).toBe(false);
    expect(isLoadsFault(measured('x', 1, { late: 6_000 }))).toBe(true);
    expect(isLoadsFault(measured('x', 1, { drops: 1 }))).toBe(true);
    expect(line(measured('x', 1, { drops: 1 }))).toContain('THE LOAD GAVE OUT');
  });

  it('is that a relay has enough when it is late or loses much, not when it loses one', () => {
    expect(isSaturated(measured('x', 1, { lost: 1 }))).toBe(false);
    expect(isSaturated(measured('x', 1, { lost: 2 }))).toBe(true);
    expect(isSaturated(measured('x', 1, { p99: 25_000 }))).toBe(true);
  });
});
