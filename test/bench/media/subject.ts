import type { PlaneUsage } from '../../../src/media';
import type { GeneratorBirth } from './generator-loop';
import type { CallPorts } from './plan';
import { end, heard, pinned, RELAY_CORE, script } from './processes';
import type { HostBirth } from './relay-host';
import { Ng, rtpengineCommand } from './rtpengine';

/** A relay in a process of its own. */
export interface Subject {
  readonly pid: number;
  /** Sets further calls up; where the parties of each send to: a, then b. */
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

/** A row of the table. */
export interface Kind {
  readonly load: Omit<GeneratorBirth, 'capacity' | 'arrivals'>;
  /** `scripts` is where `built` has put them. */
  start(scripts: string): Promise<Subject>;
}

export const OURS = 'twintrack';
export const PEER = 'rtpengine';
/** Parties that press keys, and a tone for both parties of one call in four. */
export const BUSY = 'twintrack (tones and keys)';

const PLAIN: Kind['load'] = { srtp: false, digits: false, whole: false };

/** Rows by name, in their order. */
export const KINDS: Readonly<Record<string, Kind>> = {
  [OURS]: ours({}),
  [PEER]: rtpengine(),
  'twintrack (recorder takes batches whole)': ours({}, { whole: true }),
  'twintrack (SRTP callee)': ours({ srtp: true }),
  'twintrack (tone mixed)': ours({ toneEvery: 1 }),
  [BUSY]: ours({ toneEvery: 4 }, { digits: true }),
  'twintrack (2 workers)': ours({ workers: 2 }),
  'twintrack (forks at once)': ours({ batchForks: false }),
  'twintrack (epoll)': ours({ backend: 'epoll' }),
  'twintrack (dgram)': ours({ backend: 'dgram' }),
  'rtpengine (real-time)': rtpengine(['--scheduling=fifo', '--priority=1']),
};

function ours(birth: Partial<HostBirth>, load: Partial<Kind['load']> = {}): Kind {
  return {
    load: { ...PLAIN, srtp: birth.srtp === true, ...load },
    async start(scripts) {
      const flags = ['--trace-gc', '--expose-gc'];
      const host = script(RELAY_CORE, `${scripts}/relay-host.js`, birth, flags);
      let main: string | undefined;
      let collections = 0;
      host.stdout?.on('data', (text: Buffer) => {
        const collected = text.toString().matchAll(/:(0x\w+)\] .*(?:Scavenge|Mark-Compact)/g);
        for (const [, isolate] of collected) {
          // Whose the first is, and no worker's: control is not on the path.
          main ??= isolate;
          if (isolate !== main) collections += 1;
        }
      });
      await heard(host);
      return {
        pid: host.pid!,
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
    },
  };
}

function rtpengine(flags: readonly string[] = []): Kind {
  return {
    load: PLAIN,
    async start() {
      const daemon = pinned(RELAY_CORE, rtpengineCommand(flags), false);
      const ng = await Ng.connect().catch(async (error) => {
        await end(daemon);
        throw error;
      });
      let known = 0;
      return {
        pid: daemon.pid!,
        async open(calls) {
          const targets: Array<[number, number]> = [];
          for (const ports of calls) targets.push(await ng.call(`call-${known++}`, ports));
          return targets;
        },
        heap: async () => undefined,
        async stop() {
          ng.close();
          await end(daemon);
        },
      };
    },
  };
}
