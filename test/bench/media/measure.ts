import { setTimeout as sleep } from 'node:timers/promises';
import type { GeneratorResult, ToGenerator } from './generator-loop';
import { type LoadPorts, planned } from './plan';
import {
  coreMs,
  cpuMs,
  dropsAt,
  end,
  heard,
  LOAD_CORE,
  RELAY_CORE,
  residentMib,
  script,
} from './processes';
import { SUBJECTS } from './subject';

/** The relay's code is compiled and its memory in use before anything is measured. */
const WARM_UP_MS = 4_000;

export interface Measured {
  readonly subject: string;
  readonly calls: number;
  readonly seconds: number;
  /** CPU milliseconds that the relay has used in a second for each call. */
  readonly cpuMsPerCall: number;
  /** Share of its core. */
  readonly cpu: number;
  /** Share of the relay's core, and of the load's, that neither of them has used. */
  readonly others: number;
  /** Memory that came with the calls. */
  readonly kibPerCall: number;
  readonly collections: number | undefined;
  /** KiB that the workers' heaps have grown by. */
  readonly heapGrowthKib: number | undefined;
  readonly load: GeneratorResult;
  /** CPU that the load has used, as a share of its core. */
  readonly loadCpu: number;
  /** Packets that the load itself has lost: the row is worth nothing then. */
  readonly loadDrops: number;
}

/** One relay with so many calls, after its warm-up. */
export async function measure(
  subject: string,
  calls: number,
  seconds: number,
  warmUpMs = WARM_UP_MS,
): Promise<Measured> {
  const relay = await SUBJECTS[subject]!();
  const load = script(LOAD_CORE, 'generator.ts', [`${calls}`, relay.srtp ? 'srtp' : 'rtp']);
  const tell = (message: ToGenerator): boolean => load.send(message);
  try {
    const ports = await heard<LoadPorts>(load);
    tell({ kind: 'start', targets: await relay.open(planned(ports, calls)) });
    await sleep(warmUpMs);
    const take = () => ({
      at: performance.now(),
      relay: cpuMs(relay.pid),
      load: cpuMs(load.pid!),
      all: coreMs(RELAY_CORE) + coreMs(LOAD_CORE),
    });
    const heapBefore = await relay.heap();
    const before = take();
    tell({ kind: 'reset' });
    await sleep(seconds * 1000);
    const after = take();
    const heapAfter = await relay.heap();
    tell({ kind: 'stop' });
    const result = await heard<GeneratorResult>(load);
    const elapsed = after.at - before.at;
    const relayMs = after.relay - before.relay;
    const loadMs = after.load - before.load;
    return {
      subject,
      calls,
      seconds,
      cpuMsPerCall: (relayMs * 1000) / elapsed / calls,
      cpu: relayMs / elapsed,
      others: Math.max(0, after.all - before.all - relayMs - loadMs) / elapsed,
      kibPerCall: ((residentMib(relay.pid) - relay.emptyMib) * 1024) / calls,
      collections: heapAfter && heapAfter.collections - heapBefore!.collections,
      heapGrowthKib: heapAfter && (heapAfter.used - heapBefore!.used) / 1024,
      load: result,
      loadCpu: loadMs / elapsed,
      loadDrops: dropsAt([...ports.parties, ...ports.recorders]),
    };
  } finally {
    await Promise.all([relay.stop(), end(load)]);
  }
}

/** Nothing lost and 99 of 100 packets there within 20 ms: the parties notice nothing. */
export function isFine({ load }: Measured): boolean {
  const { sent, partiesGot, recordersGot, delay } = load;
  return sent > 0 && partiesGot === sent && recordersGot === sent && delay.p99 < 20_000;
}
