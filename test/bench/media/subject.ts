import type { PlaneUsage } from '../../../src/media';
import type { CallPorts } from './plan';
import { end, heard, pinned, RELAY_CORE, residentMib, script } from './processes';
import type { HostBirth } from './relay-host';
import { Ng, rtpengineCommand } from './rtpengine';

/** A relay in a process of its own, with calls in it. */
export interface Subject {
  readonly pid: number;
  /** Callees are to speak SRTP. */
  readonly srtp: boolean;
  /** Of the process before its first call. */
  readonly emptyMib: number;
  /** Sets the calls up; where each call's parties send to: a, then b. */
  open(calls: readonly CallPorts[]): Promise<Array<[number, number]>>;
  /** Undefined where there is no collector. */
  heap(): Promise<Heap | undefined>;
  stop(): Promise<void>;
}

/** What the workers' collectors have had to do so far. */
export interface Heap {
  /** Octets in use in the workers. */
  readonly used: number;
  readonly collections: number;
}

/** Rows of the table, by name. */
export const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  twintrack: () => ours({}),
  'twintrack (forks batched)': () => ours({ batchForks: true }),
  'twintrack (2 workers)': () => ours({ workers: 2 }),
  'twintrack (tone mixed)': () => ours({ tone: true }),
  'twintrack (SRTP callee)': () => ours({ srtp: true }),
  'twintrack (dgram)': () => ours({ backend: 'dgram' }),
  rtpengine,
};

async function ours(birth: Partial<HostBirth>): Promise<Subject> {
  const host = script(RELAY_CORE, 'relay-host.ts', [JSON.stringify(birth)], ['--trace-gc']);
  let main: string | undefined;
  let collections = 0;
  host.stdout?.on('data', (text: Buffer) => {
    for (const [, isolate] of text.toString().matchAll(/:(0x\w+)\] .*(?:Scavenge|Mark-Compact)/g)) {
      // Whose the first is, and no worker's: control is not on the path.
      main ??= isolate;
      if (isolate !== main) collections += 1;
    }
  });
  await heard(host);
  return {
    pid: host.pid!,
    srtp: birth.srtp === true,
    emptyMib: residentMib(host.pid!),
    async open(calls) {
      host.send([...calls]);
      return heard(host);
    },
    async heap() {
      host.send('usage');
      const { heapOctets } = await heard<PlaneUsage & { heapOctets: number }>(host);
      return { used: heapOctets, collections };
    },
    stop: () => end(host),
  };
}

async function rtpengine(): Promise<Subject> {
  const daemon = pinned(RELAY_CORE, rtpengineCommand(), false);
  const ng = await Ng.connect().catch(async (error) => {
    await end(daemon);
    throw error;
  });
  return {
    pid: daemon.pid!,
    srtp: false,
    emptyMib: residentMib(daemon.pid!),
    async open(calls) {
      const targets: Array<[number, number]> = [];
      for (const [i, ports] of calls.entries()) targets.push(await ng.call(`call-${i}`, ports));
      return targets;
    },
    heap: async () => undefined,
    async stop() {
      ng.close();
      await end(daemon);
    },
  };
}
