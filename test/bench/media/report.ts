import type { Capacity } from './capacity';
import type { Table } from './page';
import type { Measured } from './session';
import { KINDS, PEER } from './subject';
import { isLoadsFault } from './verdict';

/** One line on the screen for each measurement, as it comes. */
export function line(measured: Measured): string {
  const { subject, calls, cpuMsPerCall, cpu, others, load, loadCpu } = measured;
  const { delay, recorderDelay, late, drops } = load;
  const cells = [
    subject.padEnd(26),
    String(calls).padStart(4),
    `${cpuMsPerCall.toFixed(3)} ms/s`,
    `core ${percent(cpu)}`,
    `lost ${load.sent - load.partiesGot} ${load.sent - load.recordersGot}`,
    `delay ${[delay.p50, delay.p99, delay.p999, delay.max].map(ms).join(' ')}`,
    `recorder ${ms(recorderDelay.p50)} ${ms(recorderDelay.p99)}`,
    `${measured.residentMib.toFixed(0)} MiB`,
    `heap ${measured.heapGrowthKib?.toFixed(0) ?? '-'} KiB ${measured.collections ?? '-'} GC`,
    `load ${percent(loadCpu)} late ${ms(late.p99)} dropped ${drops}`,
    `others ${others.toFixed(2)}`,
  ];
  if (load.added > 0) cells.push(`added ${load.added}`);
  if (load.repeated > 0) cells.push(`TWICE ${load.repeated}`);
  if (isLoadsFault(measured)) cells.push('THE LOAD GAVE OUT');
  return cells.join(' | ');
}

/** Medians over the rounds, losses as sums of them. */
export function loads(all: readonly Measured[]): Table {
  const rows = groupedBy(all, ({ subject, calls }) => `${subject}/${calls}`).map((group) => {
    const { subject, calls } = group[0]!;
    const typical = (pick: (one: Measured) => number): number => median(group.map(pick));
    const lost = (pick: (one: Measured) => number): number =>
      group.reduce((sum, one) => sum + one.load.sent - pick(one), 0);
    const delays = (['p50', 'p99', 'p999', 'max'] as const).map((name) =>
      ms(typical(({ load }) => load.delay[name])),
    );
    const recorderDelays = (['p50', 'p99'] as const).map((name) =>
      ms(typical(({ load }) => load.recorderDelay[name])),
    );
    const fault = group.some(isLoadsFault) ? ' (the load gave out)' : '';
    return [
      subject,
      String(calls),
      typical((one) => one.cpuMsPerCall).toFixed(2),
      '',
      percent(typical((one) => one.cpu)),
      `${lost(({ load }) => load.partiesGot)} / ${lost(({ load }) => load.recordersGot)}${fault}`,
      delays.join(' / '),
      recorderDelays.join(' / '),
    ];
  });
  return {
    name: 'loads',
    keys: 2,
    head: [
      'relay',
      'calls',
      'CPU ms/s a call',
      `of ${PEER}`,
      'core',
      'lost at parties / recorders',
      'delay p50 / p99 / p99.9 / max ms',
      'recorder p50 / p99 ms',
    ],
    rows,
    compare,
    complete: withRatios,
  };
}

/** What a relay can take at the most, and what a call costs in memory. */
export function limits(all: readonly Measured[], found: ReadonlyMap<string, Capacity>): Table {
  const subjects = [...new Set([...found.keys(), ...all.map(({ subject }) => subject)])];
  const rows = subjects.map((subject) => {
    const most = found.get(subject);
    const kib = kibPerCall(all.filter((one) => one.subject === subject));
    return [
      subject,
      most ? String(most.parties) : '',
      most ? String(most.recorders) : '',
      kib === undefined ? '' : kib.toFixed(0),
    ];
  });
  return {
    name: 'limits',
    keys: 1,
    head: ['relay', 'most calls, by parties', 'by recorders', 'KiB of memory a call'],
    rows: rows.filter(([, ...cells]) => cells.some((cell) => cell !== '')),
    compare,
    complete: (all) => all,
  };
}

/** What a steady time has made of streams and of the workers' heaps. */
export function steady(measured: Measured): Table {
  const { subject, calls, seconds, heapGrowthKib, collections, load } = measured;
  return {
    name: 'minute',
    keys: 3,
    head: [
      'relay',
      'calls',
      'seconds',
      'sent by parties',
      'lost at parties',
      'at recorders',
      'heap KiB',
      'collections',
    ],
    rows: [
      [
        subject,
        String(calls),
        String(seconds),
        String(load.sent),
        String(load.sent - load.partiesGot),
        String(load.sent - load.recordersGot),
        heapGrowthKib === undefined ? '' : signed(heapGrowthKib),
        collections === undefined ? '' : String(collections),
      ],
    ],
    compare,
    complete: (all) => all,
  };
}

/** Resident memory from the smallest load of each session to its largest; undefined for less than two. */
export function kibPerCall(all: readonly Measured[]): number | undefined {
  const sorted = [...all].sort((a, b) => a.calls - b.calls);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last || last.calls === first.calls) return undefined;
  const at = (calls: number): number =>
    median(all.filter((one) => one.calls === calls).map((one) => one.residentMib));
  return (1024 * (at(last.calls) - at(first.calls))) / (last.calls - first.calls);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** By load, and by the order of relays at the same load. */
function compare(one: readonly string[], other: readonly string[]): number {
  const names = Object.keys(KINDS);
  const place = ([name = '']: readonly string[]): number => names.indexOf(name);
  return Number(one[1]) - Number(other[1]) || place(one) - place(other);
}

/** The fourth column: how the third compares with the peer's at the same load. */
function withRatios(rows: readonly string[][]): string[][] {
  return rows.map(([subject, calls, cpu, , ...others]) => {
    const peer = rows.find(([name, at]) => name === PEER && at === calls);
    const ratio = peer ? (Number(cpu) / Number(peer[2])).toFixed(2) : '';
    return [subject!, calls!, cpu!, ratio, ...others];
  });
}

function groupedBy(all: readonly Measured[], key: (one: Measured) => string): Measured[][] {
  const groups = new Map<string, Measured[]>();
  for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return [...groups.values()];
}

function ms(us: number): string {
  return (us / 1000).toFixed(us < 10_000 ? 2 : 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`;
}
