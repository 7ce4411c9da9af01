/**
 * What relaying and forking a call costs: our relay on each backend and, where it is installed,
 * rtpengine in userspace, in turn, on one core, with the load on another.
 *
 *     npx tsx test/bench/media.ts [--calls 100,200,400] [--seconds 10] [--rounds 1] [--only kernel,...]
 *
 * Each call has two parties sending 20 ms of G.711; each stream is relayed and forked.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { GeneratorResult, ToGenerator } from './media/generator-loop';
import { PRODUCT } from './media/product';
import type { HostOrder } from './media/relay-host';
import { Ng, RTPENGINE } from './media/rtpengine';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '100,200,400' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: 'kernel,dgram,rtpengine' },
  },
});

const RELAY_CORE = '0';
const LOAD_CORE = '1';
const WARM_UP_MS = 3_000;
const FIRST_PORT = 10_000;
const DEAD_PORT = 9;
const CLOCK_TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

interface Row {
  readonly subject: string;
  readonly calls: number;
  readonly cpuMsPerCall: number;
  readonly residentMib: number;
  readonly collections: number | undefined;
  /** CPU that neither the relay nor the load has used: of a core, 0..cores. */
  readonly others: number;
  readonly load: GeneratorResult;
}

interface Subject {
  readonly pid: number;
  /** Where each call's parties send to. */
  open(calls: number): Promise<Array<[number, number]>>;
  /** Garbage collections so far, where there is a collector. */
  collections(): number | undefined;
  stop(): Promise<void>;
}

function node(core: string, script: string, args: string[], flags: string[] = []): ChildProcess {
  const command = ['-c', core, process.execPath, ...flags, '--import', 'tsx', script, ...args];
  return spawn('taskset', command, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
}

/** The next message of a child; its end, should that come first, is an error. */
async function heard<Message>(child: ChildProcess): Promise<Message> {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', over).then(([message]) => message as Message),
      once(child, 'exit', over).then(([code]) => {
        throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function ours(backend: string): Subject {
  const host = node(RELAY_CORE, `${__dirname}/media/relay-host.ts`, [backend, '1'], ['--trace-gc']);
  let collections = 0;
  host.stdout?.on('data', (text: Buffer) => {
    collections += text.toString().match(/Scavenge|Mark-Compact/g)?.length ?? 0;
  });
  return {
    pid: host.pid!,
    async open(calls) {
      const order: HostOrder = { calls, firstPort: FIRST_PORT, deadPort: DEAD_PORT };
      host.send(order);
      return heard(host);
    },
    collections: () => collections,
    stop: () => end(host),
  };
}

async function rtpengine(): Promise<Subject> {
  const daemon = spawn('taskset', ['-c', RELAY_CORE, ...RTPENGINE], { stdio: 'ignore' });
  const ng = await Ng.connect();
  return {
    pid: daemon.pid!,
    async open(calls) {
      const targets: Array<[number, number]> = [];
      for (let call = 0; call < calls; call++) {
        targets.push(await ng.call(`call-${call}`, FIRST_PORT + 4 * call, DEAD_PORT));
      }
      return targets;
    },
    collections: () => undefined,
    async stop() {
      ng.close();
      await end(daemon);
    },
  };
}

/** Of all threads, in milliseconds. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS;
}

/** Of everything on the machine, in milliseconds. */
function allCpuMs(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .split(/ +/)
    .map(Number);
  return ((user! + nice! + system! + irq! + softirq!) * 1000) / CLOCK_TICKS;
}

function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

async function measure(name: string, calls: number, seconds: number): Promise<Row> {
  const subject = name === 'rtpengine' ? await rtpengine() : ours(name);
  const load = node(LOAD_CORE, `${__dirname}/media/generator.ts`, [`${calls}`, `${FIRST_PORT}`]);
  const tell = (message: ToGenerator): boolean => load.send(message);
  try {
    await heard(load);
    tell({ kind: 'start', targets: await subject.open(calls) });
    await sleep(WARM_UP_MS);
    const now = (): number[] => [Date.now(), cpuMs(subject.pid), cpuMs(load.pid!), allCpuMs()];
    const [before, collections] = [now(), subject.collections()];
    tell({ kind: 'reset' });
    await sleep(seconds * 1000);
    const [elapsed, relay, generator, all] = now().map((value, i) => value - before[i]!) as [
      number,
      number,
      number,
      number,
    ];
    const collected = subject.collections();
    tell({ kind: 'stop' });
    const result = await heard<GeneratorResult>(load);
    return {
      subject: name,
      calls,
      cpuMsPerCall: (relay * 1000) / elapsed / calls,
      residentMib: residentMib(subject.pid),
      collections: collected === undefined ? undefined : collected - (collections ?? 0),
      others: Math.max(0, all - relay - generator) / elapsed,
      load: result,
    };
  } finally {
    await Promise.all([subject.stop(), end(load)]);
  }
}

function show({ subject, calls, cpuMsPerCall, residentMib, collections, others, load }: Row): void {
  const { sent, partiesGot, recordersGot, delay, recorderDelay, latestMs } = load;
  const ms = (us: number): string => (us / 1000).toFixed(2);
  const cells = [
    subject.padEnd(9),
    String(calls).padStart(5),
    cpuMsPerCall.toFixed(2).padStart(6),
    String(sent - partiesGot).padStart(6),
    String(sent - recordersGot).padStart(6),
    `${ms(delay.p50)} ${ms(delay.p99)} ${ms(delay.p999)} ${ms(delay.max)}`.padStart(24),
    `${ms(recorderDelay.p50)} ${ms(recorderDelay.p99)}`.padStart(12),
    residentMib.toFixed(0).padStart(5),
    String(collections ?? '-').padStart(4),
    latestMs.toFixed(1).padStart(5),
    others.toFixed(2).padStart(6),
  ];
  console.log(cells.join(' | '));
}

async function main(): Promise<void> {
  console.log(`Product: ${PRODUCT}/, Node ${process.version}`);
  console.log('CPU: ms per second per call. Loss: packets. Delay: ms. Late: the load itself, ms.');
  console.log(
    'Others: cores that everything else on the machine has used; 0.1 spoils the figures.',
  );
  console.log(
    'subject   | calls |    CPU | loss p | loss r |  delay p50 p99 p99.9 max | to recorder  |   MiB |   GC |  late | others',
  );
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const calls of values.calls.split(',').map(Number)) {
      for (const name of values.only.split(',')) {
        show(await measure(name, calls, Number(values.seconds)));
      }
    }
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
