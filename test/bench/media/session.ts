import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrivals } from './arrivals';
import type { GeneratorBirth, GeneratorResult, ToGenerator } from './generator-loop';
import { type LoadPorts, planned } from './plan';
import { coreMs, cpuMs, end, heard, LOAD_CORE, RELAY_CORE, residentMib, script } from './processes';
import { type Heap, KINDS, type Subject } from './subject';
import { isSaturated } from './verdict';

/** Before the first load is measured: V8 compiles, and tidies up what starting has left behind. */
export const FIRST_SETTLE_MS = 10_000;
export const SETTLE_MS = 3_000;
/** What an overload has left in the relay's buffers has gone by then. */
const REST_MS = 2_500;

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
  /** Resident, of the whole process. */
  readonly residentMib: number;
  readonly collections: number | undefined;
  /** KiB that the workers' heaps have grown by. */
  readonly heapGrowthKib: number | undefined;
  readonly load: GeneratorResult;
  /** CPU that the load has used, as a share of its core. */
  readonly loadCpu: number;
}

/** One relay, and one load on it after another: calls that are there stay. */
export class Session {
  #open = 0;
  #settled = false;
  #overloaded = false;

  private constructor(
    private readonly name: string,
    private readonly capacity: number,
    private readonly relay: Subject,
    private readonly load: ChildProcess,
    private readonly ports: LoadPorts,
  ) {}

  /** For loads of up to `capacity` calls. */
  static async start(
    scripts: string,
    name: string,
    capacity: number,
    arrivals: Arrivals,
  ): Promise<Session> {
    const kind = KINDS[name];
    if (!kind) throw new Error(`${name} is none of ${Object.keys(KINDS).join(', ')}`);
    const relay = await kind.start(scripts);
    const birth: GeneratorBirth = { ...kind.load, capacity, arrivals };
    const load = script(LOAD_CORE, `${scripts}/generator.js`, birth);
    return new Session(name, capacity, relay, load, await heard<LoadPorts>(load));
  }

  async measure(calls: number, seconds: number, settleMs?: number): Promise<Measured> {
    await this.#openUpTo(Math.min(calls, this.capacity));
    if (this.#overloaded) {
      this.#tell({ kind: 'speak', calls: 0 });
      await sleep(REST_MS);
    }
    this.#tell({ kind: 'speak', calls });
    await sleep(settleMs ?? (this.#settled ? SETTLE_MS : FIRST_SETTLE_MS));
    this.#settled = true;
    const heapBefore = await this.relay.heap();
    const before = this.#used();
    this.#tell({ kind: 'open' });
    await sleep(seconds * 1000);
    this.#tell({ kind: 'close' });
    const after = this.#used();
    const load = await heard<GeneratorResult>(this.load);
    const elapsed = after.at - before.at;
    const [relayMs, loadMs] = [after.relay - before.relay, after.load - before.load];
    const measured: Measured = {
      subject: this.name,
      calls,
      seconds,
      cpuMsPerCall: (relayMs * 1000) / elapsed / calls,
      cpu: relayMs / elapsed,
      others: Math.max(0, after.all - before.all - relayMs - loadMs) / elapsed,
      residentMib: residentMib(this.relay.pid),
      ...change(heapBefore, await this.relay.heap()),
      load,
      loadCpu: loadMs / elapsed,
    };
    this.#overloaded = isSaturated(measured);
    return measured;
  }

  async stop(): Promise<void> {
    await Promise.all([this.relay.stop(), end(this.load)]);
  }

  async #openUpTo(calls: number): Promise<void> {
    if (calls <= this.#open) return;
    const targets = await this.relay.open(planned(this.ports, this.#open, calls));
    this.#tell({ kind: 'calls', targets });
    this.#open = calls;
  }

  #used() {
    return {
      at: performance.now(),
      relay: cpuMs(this.relay.pid),
      load: cpuMs(this.load.pid!),
      all: coreMs(RELAY_CORE) + coreMs(LOAD_CORE),
    };
  }

  #tell(order: ToGenerator): void {
    this.load.send(order);
  }
}

function change(before: Heap | undefined, after: Heap | undefined) {
  return {
    collections: after && after.collections - before!.collections,
    heapGrowthKib: after && (after.used - before!.used) / 1024,
  };
}
