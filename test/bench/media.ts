/**
 * What relaying and forking a call costs: our relay in turn with Debian's rtpengine in userspace, on one
 * core, with the load on another. Each call has two parties sending 20 ms of G.711; each stream is
 * relayed, latched, counted and forked.
 *
 *     npm run build && npm run bench:media -- [--quick] [--minute] [--capacity] [--write]
 *         [--calls 100,200,400,800] [--rounds 3] [--seconds 10] [--only twintrack,rtpengine]
 *
 * `--minute` watches the heap for a minute, `--capacity` looks for the largest number of calls, `--write`
 * puts the tables into docs/performance.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { capacity } from './media/capacity';
import { type Measured, measure } from './media/measure';
import { PRODUCT } from './media/product';
import { line, median, steady, table } from './media/report';
import { SUBJECTS } from './media/subject';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    minute: { type: 'boolean', default: false },
    capacity: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    calls: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
  },
});

const OURS = 'twintrack';
const COMPARED = [OURS, 'rtpengine'];
/** The others of ours are measured at one load. */
const VARIANT_CALLS = 400;
const MINUTE_CALLS = 400;
/** V8 tidies up for some seconds after the calls were set up. */
const SETTLED_MS = 20_000;
const FIRST_TRIED = 400;
const PAGE = join(__dirname, '../../docs/performance.md');
const [BEGIN, END] = ['<!-- bench:media -->', '<!-- /bench:media -->'];

const calls = (values.calls ?? (values.quick ? '100,400' : '100,200,400,800'))
  .split(',')
  .map(Number);
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const seconds = Number(values.seconds ?? (values.quick ? 5 : 10));

function wanted(): Array<{ subject: string; at: number }> {
  if (values.only) {
    return calls.flatMap((at) => values.only!.split(',').map((subject) => ({ subject, at })));
  }
  const compared = calls.flatMap((at) => COMPARED.map((subject) => ({ subject, at })));
  const variants = Object.keys(SUBJECTS).filter((subject) => !COMPARED.includes(subject));
  return [...compared, ...variants.map((subject) => ({ subject, at: VARIANT_CALLS }))];
}

function show(measured: Measured): Measured {
  console.log(line(measured));
  return measured;
}

async function main(): Promise<void> {
  const machine = `${cpus().length} cores of ${cpus()[0]!.model}, Node ${process.version}`;
  console.log(`Product: ${PRODUCT}/ on ${machine}`);
  const all: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { subject, at } of wanted()) all.push(show(await measure(subject, at, seconds)));
  }
  const others = median(all.map((one) => one.others)).toFixed(2);
  const parts = [
    `${machine}; ${rounds} rounds of ${seconds} s in alternation, medians. What else ran on the two ` +
      `cores took ${others} of a core.`,
    table(all),
  ];
  if (values.minute) {
    parts.push(steady(show(await measure(OURS, MINUTE_CALLS, 60, SETTLED_MS))));
  }
  if (values.capacity) {
    const found: string[] = [];
    for (const subject of values.only?.split(',') ?? COMPARED) {
      found.push(`${subject} ${await capacity(subject, FIRST_TRIED, show)}`);
    }
    parts.push(`Most calls on a core with nothing lost and p99 under 20 ms: ${found.join(', ')}.`);
  }
  const text = parts.join('\n\n');
  console.log(`\n${text}`);
  if (values.write) {
    const page = readFileSync(PAGE, 'utf8');
    const [from, to] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)];
    writeFileSync(PAGE, `${page.slice(0, from)}\n${text}\n${page.slice(to)}`);
  }
}

main().catch((error) => {
  console.error(error);
  // Children end when their parent does.
  process.exit(1);
});
