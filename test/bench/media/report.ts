import type { Measured } from './measure';

/** The peer that everything is compared with. */
const PEER = 'rtpengine';

const HEAD = [
  'relay',
  'calls',
  'CPU ms/s a call',
  'of rtpengine',
  'lost p / r',
  'delay p50 / p99 / p99.9 / max ms',
  'recorder p50 / p99 ms',
  'KiB a call',
];

/** One line on the screen for each measurement, as it comes. */
export function line(measured: Measured): string {
  const { subject, calls, cpuMsPerCall, cpu, others, load, loadCpu, loadDrops } = measured;
  const cells = [
    subject.padEnd(22),
    String(calls).padStart(5),
    `${cpuMsPerCall.toFixed(3)} ms/s`,
    `core ${percent(cpu)}`,
    `lost ${losses(measured)}`,
    `delay ${delays(measured)}`,
    `recorder ${ms(load.recorderDelay.p50)} ${ms(load.recorderDelay.p99)}`,
    `${measured.kibPerCall.toFixed(0)} KiB/call`,
    `heap ${measured.heapGrowthKib?.toFixed(0) ?? '-'} KiB, ${measured.collections ?? '-'} GC`,
    `load ${percent(loadCpu)}, late ${ms(load.late.p99)}${loadDrops ? `, LOST ${loadDrops}` : ''}`,
    `others ${others.toFixed(2)}`,
  ];
  return cells.join(' | ');
}

/** The table: medians over the rounds, losses as sums of them. */
export function table(all: readonly Measured[]): string {
  const rows: string[][] = [HEAD, HEAD.map(() => '---')];
  for (const group of grouped(all)) {
    const { subject, calls } = group[0]!;
    const peers = all.filter((one) => one.subject === PEER && one.calls === calls);
    const cpu = median(group.map((one) => one.cpuMsPerCall));
    const ratio = cpu / median(peers.map((one) => one.cpuMsPerCall));
    const of = (pick: (one: Measured) => number): string => ms(median(group.map(pick)));
    const { delay, recorderDelay } = {
      delay: [
        of(({ load }) => load.delay.p50),
        of(({ load }) => load.delay.p99),
        of(({ load }) => load.delay.p999),
        of(({ load }) => load.delay.max),
      ],
      recorderDelay: [
        of(({ load }) => load.recorderDelay.p50),
        of(({ load }) => load.recorderDelay.p99),
      ],
    };
    rows.push([
      subject,
      String(calls),
      cpu.toFixed(2),
      Number.isFinite(ratio) ? ratio.toFixed(2) : '',
      `${sum(group, lostAtParties)} / ${sum(group, lostAtRecorders)}`,
      delay.join(' / '),
      recorderDelay.join(' / '),
      median(group.map((one) => one.kibPerCall)).toFixed(0),
    ]);
  }
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** What a steady time has made of the workers' heaps. */
export function steady({ subject, calls, seconds, heapGrowthKib, collections, load }: Measured) {
  const moved = 3 * load.sent;
  return (
    `${subject}, ${calls} calls, ${seconds} s: ${moved} packets read and written, ` +
    `${load.sent - load.partiesGot} lost at parties, ${load.sent - load.recordersGot} at recorders, ` +
    `heap ${signed(heapGrowthKib)} KiB, ${collections} garbage collections`
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function grouped(all: readonly Measured[]): Measured[][] {
  const groups = new Map<string, Measured[]>();
  for (const one of all) {
    const key = `${one.subject}/${one.calls}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

function lostAtParties({ load }: Measured): number {
  return load.sent - load.partiesGot;
}

function lostAtRecorders({ load }: Measured): number {
  return load.sent - load.recordersGot;
}

function losses(measured: Measured): string {
  return `${lostAtParties(measured)} ${lostAtRecorders(measured)}`;
}

function delays({ load: { delay } }: Measured): string {
  return [delay.p50, delay.p99, delay.p999, delay.max].map(ms).join(' ');
}

function sum(group: readonly Measured[], pick: (one: Measured) => number): number {
  return group.reduce((total, one) => total + pick(one), 0);
}

function ms(us: number): string {
  return (us / 1000).toFixed(us < 10_000 ? 2 : 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function signed(value: number | undefined): string {
  if (value === undefined) return '?';
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`;
}
