/**
 * What setting up and tearing down a call costs: SIPp calls SIPp through Twintrack as it is installed, in
 * a process of its own, with a recorder that is SIPp too. In the same run, for measure: the same calls
 * unrecorded, and a bare three-leg drachtio-srf application.
 *
 *     npm run bench:calls [-- --rates 50,100,200,300,400,500,600 --seconds 8 --rounds 1 --only recorded,bare]
 *     npm run bench:calls -- --beside /tmp/before/dist --rates 75 --seconds 5 --rounds 6
 *
 * `--beside` measures other builds at the same time as this one. No audio is sent. Calls are held for a second.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuOf, machineCpuMs, ownCpuMs, residentKib } from './calls/cpu';
import { Parties, PORTS, settle } from './calls/parties';
import { type Heard, quantile } from './calls/short-messages';
import { otherBuild, SUBJECTS, type Subject } from './calls/subjects';

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '50,100,200,300,400,500,600' },
    seconds: { type: 'string', default: '8' },
    hold: { type: 'string', default: '1000' },
    warm: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: 'recorded,unrecorded,bare' },
    beside: { type: 'string' },
  },
});
const SECONDS = Number(values.seconds);
const HOLD_MS = Number(values.hold);
const RATES = values.rates.split(',').map(Number);

/**
 * For `--warm` seconds the code is made warm at this rate: V8 compiles for good what has run some thousand times, and
 * that costs as much again as the calls do.
 */
const WARM_UP_RATE = 100;

const HEADING =
  'subject    | calls/s | calls | failed |  503 | repeat |    CPU |   main | delay p50 p99 |  MiB | KiB/call | others';

interface Row {
  readonly subject: string;
  readonly rate: number;
  readonly heard: Heard;
  readonly cpuMsPerCall: number;
  readonly mainMsPerCall: number;
  readonly residentKib: number;
  readonly grownKibPerCall: number;
  /** Cores that something else on the machine has used: more than 0.1 spoils the figures. */
  readonly others: number;
}

/** All of them at the same time. */
async function measure(
  parties: Parties,
  subjects: readonly Subject[],
  rate: number,
): Promise<readonly Row[]> {
  const all = subjects.flatMap(({ pids }) => pids);
  const read = () => ({
    each: subjects.map(({ pids }) => ({ ...cpuOf(pids), kib: residentKib(pids) })),
    others: machineCpuMs() - cpuOf([...all, ...parties.pids]).all - ownCpuMs(),
  });
  const [before, at] = [read(), Date.now()];
  const heard = await callAll(parties, subjects, rate, SECONDS);
  await settle();
  const [after, elapsed] = [read(), Date.now() - at];
  return subjects.map(({ name }, index) => {
    const [from, to] = [before.each[index]!, after.each[index]!];
    const { offered } = heard[index]!;
    return {
      subject: name,
      rate,
      heard: heard[index]!,
      cpuMsPerCall: (to.all - from.all) / offered,
      mainMsPerCall: (to.main - from.main) / offered,
      residentKib: to.kib,
      grownKibPerCall: (to.kib - from.kib) / offered,
      others: Math.max(0, after.others - before.others) / elapsed,
    };
  });
}

function callAll(
  parties: Parties,
  subjects: readonly Subject[],
  rate: number,
  seconds: number,
): Promise<Heard[]> {
  return Promise.all(
    subjects.map(({ port }, caller) => parties.call(port, rate, seconds, HOLD_MS, caller)),
  );
}

function show(row: Row): void {
  const { heard } = row;
  const { postDialDelaysMs } = heard;
  const delay = (share: number): string => quantile(postDialDelaysMs, share).toFixed(2);
  const cells = [
    row.subject.padEnd(10),
    String(row.rate).padStart(7),
    String(heard.offered).padStart(5),
    String(heard.failed).padStart(6),
    String(heard.refused).padStart(4),
    String(heard.repeated).padStart(6),
    row.cpuMsPerCall.toFixed(2).padStart(6),
    row.mainMsPerCall.toFixed(2).padStart(6),
    `${delay(0.5)} ${delay(0.99)}`.padStart(13),
    (row.residentKib / 1024).toFixed(0).padStart(4),
    row.grownKibPerCall.toFixed(1).padStart(8),
    row.others.toFixed(2).padStart(6),
  ];
  console.log(cells.join(' | '));
}

/** The highest rate of the unbroken run of steps without a failure, by subject. */
function sustained(rows: readonly Row[], subject: string): number {
  let highest = 0;
  for (const rate of RATES) {
    const steps = rows.filter((row) => row.subject === subject && row.rate === rate);
    if (steps.length === 0 || steps.some(({ heard }) => heard.failed > 0)) break;
    highest = rate;
  }
  return highest;
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-bench-'));
  const parties = new Parties(directory);
  const subjects: Subject[] = [];
  try {
    console.log(
      `Node ${process.version}. CPU: ms a call, of the subject's processes; main: of their`,
    );
    console.log(
      'main threads. Delay: ms from INVITE to 180. Others: cores that everything else on the',
    );
    console.log('machine has used; 0.1 spoils the figures.');
    const direct = await parties.call(PORTS.callee, RATES[0]!, 3, HOLD_MS);
    const ring = (share: number) => quantile(direct.postDialDelaysMs, share).toFixed(2);
    console.log(`Without anything between: INVITE to 180 in ${ring(0.5)} ms, p99 ${ring(0.99)}.`);
    const beside = values.beside?.split(',');
    const names = beside ? ['recorded'] : values.only.split(',');
    for (const name of names as Array<keyof typeof SUBJECTS>) {
      subjects.push(await SUBJECTS[name](directory));
    }
    for (const [at, dist] of beside?.entries() ?? []) {
      subjects.push(await otherBuild(directory, at + 1, dist));
    }
    const groups = beside ? [subjects] : subjects.map((subject) => [subject]);
    for (const group of groups) {
      await callAll(parties, group, WARM_UP_RATE, Number(values.warm));
      await settle();
    }
    console.log(HEADING);
    const rows: Row[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const rate of RATES) {
        for (const group of groups) {
          const measured = await measure(parties, group, rate);
          rows.push(...measured);
          for (const row of measured) show(row);
        }
      }
    }
    for (const { name } of subjects) {
      console.log(`${name}: no call failed up to ${sustained(rows, name)} a second`);
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
    await parties.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
