/**
 * What relaying and forking a call costs: our relay in turn with Debian's rtpengine in userspace, on one
 * core, with the load on another. Each call has two parties sending 20 ms of G.711; each stream is
 * relayed, latched, counted and forked.
 *
 *     npm run bench:media -- [--curve] [--variants] [--capacity] [--minute] [--quick] [--write]
 *         [--calls 50,100,200,400] [--rounds 3] [--seconds 6] [--only twintrack,rtpengine] [--arrivals random]
 *         [--awake]
 *
 * Does all four parts, or those that are named. `--write` puts what was measured into the tables of
 * docs/performance.md, and leaves their other rows. `--arrivals` says when in a frame the streams have their packets: even,
 * random or bursts. `--awake` keeps both cores from falling asleep, and has tables of its own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { arrivalsNamed } from './media/arrivals';
import { keepAwake } from './media/awake';
import { built } from './media/built';
import { type Capacity, capacity } from './media/capacity';
import { merged, type Table, written } from './media/page';
import { LOAD_CORE, RELAY_CORE, stayOn } from './media/processes';
import { limits, line, loads, median, steady } from './media/report';
import { type Measured, Session } from './media/session';
import { BUSY, KINDS, OURS, PEER } from './media/subject';
import { isSaturated, verdict } from './media/verdict';

const { values } = parseArgs({
  options: {
    curve: { type: 'boolean', default: false },
    variants: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    minute: { type: 'boolean', default: false },
    capacity: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    calls: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    arrivals: { type: 'string', default: 'even' },
    awake: { type: 'boolean', default: false },
  },
});

const PAGE = join(__dirname, '../../docs/performance.md');
const COMPARED = [OURS, PEER];
const CURVE = [50, 100, 200, 400, 800, 1200, 1600, 2000];
/** The others are measured at one load, once. */
const VARIANT_CALLS = 400;
const MINUTE = { calls: 400, seconds: 60, settleMs: 20_000 };
const SEARCH = { from: 400, most: 2400, step: 50 };
/** So long that a tenth of a second in which the machine was slow does not decide. */
const SEARCH_SECONDS = 10;

const only = values.only?.split(',');
const calls = values.calls?.split(',').map(Number) ?? (values.quick ? [100, 400] : CURVE);
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const seconds = Number(values.seconds ?? (values.quick ? 4 : 6));
const arrivals = arrivalsNamed(values.arrivals);
if (values.write && arrivals !== 'even') throw new Error('--write is for even arrivals');
const named = values.curve || values.variants || values.capacity || values.minute;
if (values.write && values.awake && (values.minute || !named)) {
  throw new Error('--write has no place for the minute with --awake: name other parts');
}
const isWanted = (part: 'curve' | 'variants' | 'capacity' | 'minute'): boolean =>
  values[part] || (!named && (part === 'curve' || !values.quick));
const scripts = built();
const began = performance.now();
const all: Measured[] = [];

/** One relay after another, with one load after another until it has enough. */
async function series(subject: string, at: readonly number[]): Promise<void> {
  await during(subject, Math.max(...at), async (session) => {
    for (const load of at) {
      const measured = show(await session.measure(load, seconds));
      all.push(measured);
      if (isSaturated(measured)) break;
    }
  });
}

async function during<T>(
  subject: string,
  most: number,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.start(scripts, subject, most, arrivals);
  try {
    return await act(session);
  } finally {
    await session.stop();
  }
}

function show(measured: Measured): Measured {
  const minutes = (performance.now() - began) / 60_000;
  console.log(`${minutes.toFixed(1).padStart(4)} min | ${line(measured)}`);
  return measured;
}

function search(subject: string): Promise<Capacity> {
  return during(subject, SEARCH.most, (session) =>
    capacity(async (load) => verdict(show(await session.measure(load, SEARCH_SECONDS))), SEARCH),
  );
}

async function measured(): Promise<Table[]> {
  const tables: Table[] = [];
  const found = new Map<string, Capacity>();
  if (isWanted('curve')) {
    for (let round = 0; round < rounds; round++) {
      for (const subject of only ?? COMPARED) await series(subject, calls);
    }
  }
  if (isWanted('variants')) {
    const others = Object.keys(KINDS).filter((name) => !COMPARED.includes(name));
    for (const subject of only ?? others) await series(subject, [VARIANT_CALLS]);
  }
  if (all.length > 0) tables.push(loads(all));
  if (isWanted('minute')) {
    const { calls, seconds, settleMs } = MINUTE;
    for (const subject of only ?? [BUSY]) {
      const minute = await during(subject, calls, (session) =>
        session.measure(calls, seconds, settleMs),
      );
      tables.push(steady(show(minute)));
    }
  }
  if (isWanted('capacity')) {
    for (const subject of only ?? COMPARED) found.set(subject, await search(subject));
  }
  const filled = [...tables, limits(all, found)].filter(({ rows }) => rows.length > 0);
  return values.awake ? filled.map((one) => ({ ...one, name: `${one.name}-awake` })) : filled;
}

async function main(): Promise<void> {
  stayOn(LOAD_CORE);
  console.log(`${cpus().length} cores of ${cpus()[0]!.model}, Node ${process.version}`);
  const letSleep = values.awake ? keepAwake([RELAY_CORE, LOAD_CORE]) : () => {};
  const tables = await measured().finally(letSleep);
  for (const table of tables) console.log(`\n${written(table)}`);
  if (all.length > 0) {
    const others = median(all.map((one) => one.others)).toFixed(2);
    console.log(`\nWhat else ran on the two cores took ${others} of a core.`);
  }
  if (values.write) writeFileSync(PAGE, tables.reduce(merged, readFileSync(PAGE, 'utf8')));
}

main().catch((error) => {
  console.error(error);
  // Children end when their parent does.
  process.exit(1);
});
