import { type Clock, Events, Fault, type Log, type Millis, SystemClock } from '../../core';
import type { MediaLine, MediaPlane, OpenLine, PlaneEvent } from '../plane';
import { dropsAt } from './kernel-drops';
import type { Backend, RelayUsage, WorkerUsage } from './messages';
import { PortRange } from './port-range';
import { RemoteLine } from './remote-line';
import { Seat } from './seat';
import type { Birth } from './worker-link';

export interface RelayOptions {
  /** UDP ports of all lines and forks, both ends included: a line takes four, a fork two. */
  readonly ports: { readonly min: number; readonly max: number };
  /** A closed line's ports stay bound and drained this long. */
  readonly quarantineMs: Millis;
  /** A watched side that is silent this long is reported; Infinity never reports one. */
  readonly rtpTimeoutMs: Millis;
  /** The same on lines that are on hold. Default: Infinity. */
  readonly rtpHoldTimeoutMs?: Millis;
  /** What a fork keeps until it starts. Default 5 000. */
  readonly forkBufferMs?: Millis;
  /** What all forks together may keep, each worker its share. Default 256 MiB. */
  readonly forkBufferOctets?: number;
  /**
   * Sends packets to recorders five at a time where the system can (UDP segmentation): a tenth less CPU,
   * and up to 80 ms later. Default false.
   */
  readonly batchForks?: boolean;
  /** `auto` takes the kernel's own calls where they can be had, else `node:dgram`. Default `auto`. */
  readonly backend?: Backend | 'auto';
  /** Threads, each with its share of the ports. Default 1. */
  readonly workers?: number;
  /** When dead workers are followed by others. Default the system's. */
  readonly clock?: Clock;
  readonly log: Log;
}

/**
 * The embedded relay. Resolves when every worker runs; rejects with MEDIA_WORKER_LOST when one
 * cannot.
 */
export async function createRelayPlane(options: RelayOptions): Promise<RelayPlane> {
  const plane = new RelayPlane(options);
  try {
    await plane.ready;
    return plane;
  } catch (error) {
    await plane.close();
    throw error;
  }
}

/** Media workers that move packets, seen from the thread that does not. */
export class RelayPlane implements MediaPlane {
  /** Resolves when every worker runs for the first time. */
  readonly ready: Promise<unknown>;

  readonly #seats: readonly Seat[];
  readonly #events = new Events<{ plane: PlaneEvent }>();
  #nextLine = 1;

  constructor(options: RelayOptions) {
    const emit = (event: PlaneEvent): void => this.#events.emit('plane', event);
    const { clock = new SystemClock(), log } = options;
    this.#seats = births(options).map((birth) => new Seat({ birth, emit, clock, log }));
    this.ready = Promise.all(this.#seats.map((seat) => seat.ready));
  }

  async open(line: OpenLine): Promise<MediaLine> {
    const seat = this.#seatFor(line.callId);
    const { link } = seat;
    const leave = seat.enter(line.callId);
    const id = `line-${this.#nextLine++}`;
    try {
      const { callId, bind, clockRates, watch, held, opaque } = line;
      const ask = { line: id, callId, bind, clockRates, watch, held, opaque };
      return new RemoteLine(link, id, await link.ask('open', ask), leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  onEvent(listener: (event: PlaneEvent) => void): () => void {
    return this.#events.on('plane', listener);
  }

  async usage(): Promise<RelayUsage> {
    const living = this.#seats.filter((seat) => seat.link.alive);
    const drops = living.map((seat) => seat.link.kernelDrops);
    const unknown = living.filter((_, i) => drops[i] === undefined).map(({ ports }) => ports);
    const [otherDrops, ...shares] = await Promise.all([
      dropsAt(unknown),
      // One that dies while asked has nothing left to count.
      ...living.map((seat) => seat.link.ask('usage', {}).catch(() => NOTHING)),
    ]);
    const sum = (name: keyof WorkerUsage): number =>
      shares.reduce((total, share) => total + share[name], 0);
    return {
      lines: sum('lines'),
      forks: sum('forks'),
      portsInUse: sum('portsInUse'),
      portsQuarantined: sum('portsQuarantined'),
      packetsRelayed: sum('packetsRelayed'),
      packetsForked: sum('packetsForked'),
      heapOctets: sum('heapOctets'),
      kernelDrops: drops.reduce<number>((total, some = 0) => total + some, otherDrops),
      workers: {
        running: this.#seats.filter((seat) => seat.runs).length,
        lost: this.#seats.reduce((total, seat) => total + seat.deaths, 0),
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.close()));
  }

  /** Where the call is already, else where there is least to do; on a worker that is being born only where none runs. */
  #seatFor(callId: string): Seat {
    const carrying = this.#seats.find((seat) => seat.carries(callId));
    if (carrying) return carrying;
    const running = this.#seats.filter((seat) => seat.runs);
    const [first, ...others] =
      running.length > 0 ? running : this.#seats.filter((seat) => seat.link.alive);
    if (!first) throw new Fault('MEDIA_WORKER_LOST');
    return others.reduce((least, seat) => (seat.lines < least.lines ? seat : least), first);
  }
}

const NOTHING: WorkerUsage = {
  lines: 0,
  forks: 0,
  portsInUse: 0,
  portsQuarantined: 0,
  packetsRelayed: 0,
  packetsForked: 0,
  heapOctets: 0,
};

/** Each worker gets an equal share of the port pairs. */
function births(options: RelayOptions): Birth[] {
  const { min, max } = options.ports;
  const workers = options.workers ?? 1;
  const first = min + (min % 2);
  const share = 2 * Math.floor((max - first + 1) / 2 / workers);
  const portsOf = (i: number) => ({
    min: first + i * share,
    max: i === workers - 1 ? max : first + (i + 1) * share - 1,
  });
  return Array.from({ length: workers }, (_, i) => ({
    backend: options.backend ?? 'auto',
    ports: portsOf(i),
    portMarks: PortRange.marksFor(portsOf(i).min, portsOf(i).max),
    quarantineMs: options.quarantineMs,
    rtpTimeoutMs: options.rtpTimeoutMs,
    rtpHoldTimeoutMs: options.rtpHoldTimeoutMs ?? Number.POSITIVE_INFINITY,
    forkBufferMs: options.forkBufferMs ?? 5_000,
    forkBufferOctets: Math.floor((options.forkBufferOctets ?? 256 * 2 ** 20) / workers),
    batchForks: options.batchForks ?? false,
  }));
}
