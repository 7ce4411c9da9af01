import { getHeapStatistics } from 'node:v8';
import { Fault, type Instant, type Millis } from '../../core';
import type {
  DigitListening,
  Endpoint,
  ForkStats,
  LineStats,
  PlaneEvent,
  Played,
  Side,
  WireSecurity,
} from '../plane';
import { loadKit, type SrtpSession, SrtpTransform } from '../srtp';
import type { Agenda } from './agenda';
import { CallIdentities } from './call-identities';
import type { SocketSet } from './datagram';
import { Fork } from './fork';
import { type CallIdentity, ForkReports } from './fork-reports';
import { KeptMemory } from './kept-memory';
import { type Description, Line, localEndpoint } from './line';
import type { Requests, WorkerBirth, WorkerUsage } from './messages';
import { PacketQueue } from './packet-queue';
import { type PortPair, PortPairs } from './port-pairs';
import { PortRange } from './port-range';

interface OpenLine {
  readonly line: Line;
  readonly pairs: Readonly<Record<Side, PortPair>>;
  readonly identity: CallIdentity;
  readonly forks: Set<string>;
}

interface OpenFork {
  readonly fork: Fork;
  lineId: string;
  readonly side: Side;
  /** Once it was told to be by SRTP. */
  srtp: SrtpTransform | undefined;
}

type Done<T> = (result: T | Fault) => void;

/** Silence is looked for this many times in one timeout. */
const SWEEPS = 8;
const LONGEST_SWEEP: Millis = 1_000;

/**
 * Everything a worker holds, whatever its backend: lines and forks by id, and their ports. What is
 * said about something that is gone is late, not wrong, and changes nothing.
 */
export class Relay {
  readonly #lines = new Map<string, OpenLine>();
  readonly #forks = new Map<string, OpenFork>();
  readonly #identities: CallIdentities;
  readonly #ports: PortPairs;
  readonly #kept: KeptMemory;
  #sweptAt: Instant = 0;
  #relayedBefore = 0;
  #forkedBefore = 0;

  /** One function for all sweeps, and no iterator: they come for as long as the worker lives. */
  readonly #checkSilence = ({ line }: OpenLine): void =>
    line.checkSilence(this.#sweptAt, this.options.rtpTimeoutMs, this.options.rtpHoldTimeoutMs);

  constructor(
    private readonly sockets: SocketSet,
    private readonly agenda: Agenda,
    private readonly options: Omit<WorkerBirth, 'backend' | 'lifeline'>,
    private readonly emit: (event: PlaneEvent) => void,
  ) {
    const { min, max } = options.ports;
    this.#kept = new KeptMemory(options.forkBufferOctets);
    const range = new PortRange(min, max, Math.random, options.portMarks);
    this.#ports = new PortPairs(sockets, range, options.quarantineMs);
    this.#identities = new CallIdentities({ now: () => sockets.now(), wall: () => new Date() });
    const shortest = Math.min(options.rtpTimeoutMs, options.rtpHoldTimeoutMs);
    const pause = Math.min(LONGEST_SWEEP, shortest / SWEEPS);
    agenda.every(pause, sockets.now() + pause, (now) => this.#sweep(now));
  }

  open(ask: Requests['open']['ask'], done: Done<Record<Side, Endpoint>>): void {
    this.#ports.open(ask.bind.a, (a) => {
      if (a instanceof Fault) {
        done(a);
        return;
      }
      this.#ports.open(ask.bind.b, (b) => {
        if (b instanceof Fault) {
          this.#ports.giveBack(a);
          done(b);
        } else {
          done(this.#opened(ask, { a, b }));
        }
      });
    });
  }

  /** False when the address is none that could be sent to from where the side is bound. */
  expect(lineId: string, side: Side, remote: Endpoint | undefined): boolean {
    return this.#lines.get(lineId)?.line.expect(side, remote, this.sockets.now()) ?? true;
  }

  secure(lineId: string, side: Side, security: WireSecurity): void {
    this.#lines.get(lineId)?.line.secure(side, security);
  }

  describe(lineId: string, description: Description): void {
    this.#lines.get(lineId)?.line.describe(description, this.sockets.now());
  }

  listenForDigits(lineId: string, side: Side, listening: DigitListening): void {
    const line = this.#lines.get(lineId)?.line;
    if (line && !line.opaque) {
      line.listenForDigits(side, listening, this.agenda, this.sockets.now());
    }
  }

  fork(ask: Requests['fork']['ask'], done: Done<Endpoint>): void {
    this.#ports.open(ask.bind, (pair) => {
      if (pair instanceof Fault) {
        done(pair);
        return;
      }
      const open = this.#lines.get(ask.line);
      if (open) {
        done(this.#forked(ask, open, pair));
      } else {
        this.#ports.giveBack(pair);
        done(new Fault('NOTHING_RECORDABLE', 'the line is closed'));
      }
    });
  }

  /** Those of one line copy the other one from now on. */
  takeForks(lineId: string, fromId: string): void {
    const [line, from] = [this.#lines.get(lineId), this.#lines.get(fromId)];
    if (!line || !from) return;
    for (const id of from.forks) {
      const open = this.#forks.get(id)!;
      from.line.untap(open.side, open.fork);
      line.line.tap(open.side, open.fork);
      open.lineId = lineId;
      line.forks.add(id);
    }
    from.forks.clear();
  }

  /** False when the address is none that could be sent to from where the fork is bound. */
  start(forkId: string, remote: Endpoint, session: SrtpSession | undefined): boolean {
    const open = this.#forks.get(forkId);
    if (!open) return true;
    if (session) {
      open.srtp ??= new SrtpTransform(loadKit());
      open.srtp.use(session);
    }
    open.fork.transform(session && open.srtp);
    return open.fork.start(remote);
  }

  keep(forkId: string): void {
    this.#forks.get(forkId)?.fork.keep();
  }

  /** `done` when no packet that arrives from now on can leave. */
  pause(forkId: string, done: () => void): void {
    const open = this.#forks.get(forkId);
    if (open) open.fork.pause(done);
    else done();
  }

  resume(forkId: string): void {
    this.#forks.get(forkId)?.fork.resume();
  }

  /** `done` when it is over; at once with nothing when the line is gone, or cannot be spoken into. */
  play({ line, playback, side, program }: Requests['play']['ask'], done: Done<Played>): void {
    const open = this.#lines.get(line);
    if (!open || open.line.opaque) {
      done({ rounds: [] });
    } else {
      open.line
        .leg(side)
        .playout(this.agenda, open.identity.wallOffset)
        .play(playback, program, this.sockets.now(), done);
    }
  }

  stop(lineId: string, playback: string): void {
    this.#lines.get(lineId)?.line.stopPlaying(playback, this.sockets.now());
  }

  lineStats(lineId: string): LineStats | undefined {
    return this.#lines.get(lineId)?.line.stats();
  }

  forkStats(forkId: string): ForkStats | undefined {
    return this.#forks.get(forkId)?.fork.stats();
  }

  callOf(id: string): string | undefined {
    return this.#lines.get(this.#forks.get(id)?.lineId ?? id)?.line.callId;
  }

  /** The last figures; undefined when it was closed before. */
  closeLine(lineId: string): LineStats | undefined {
    const open = this.#lines.get(lineId);
    if (!open) return undefined;
    const { line, pairs, forks } = open;
    for (const forkId of forks) this.closeFork(forkId);
    line.close(this.sockets.now());
    this.#lines.delete(lineId);
    this.#identities.leave(line.callId);
    this.#relayedBefore += line.packets;
    this.#ports.retire(pairs.a);
    this.#ports.retire(pairs.b);
    return line.stats();
  }

  /** The last figures; undefined when it was closed before. */
  closeFork(forkId: string): ForkStats | undefined {
    const open = this.#forks.get(forkId);
    if (!open) return undefined;
    const { fork, lineId, side } = open;
    const of = this.#lines.get(lineId);
    of?.line.untap(side, fork);
    of?.forks.delete(forkId);
    this.#forks.delete(forkId);
    fork.close();
    open.srtp?.close();
    this.#forkedBefore += fork.packets;
    this.#ports.retire(fork.pair);
    return fork.stats();
  }

  /** Ends every line, so that recorders hear BYE. */
  close(): void {
    for (const lineId of this.#lines.keys()) this.closeLine(lineId);
  }

  usage(): WorkerUsage {
    let packetsRelayed = this.#relayedBefore;
    let packetsForked = this.#forkedBefore;
    for (const { line } of this.#lines.values()) packetsRelayed += line.packets;
    for (const { fork } of this.#forks.values()) packetsForked += fork.packets;
    return {
      lines: this.#lines.size,
      forks: this.#forks.size,
      portsInUse: this.#ports.inUse,
      portsQuarantined: this.#ports.quarantined,
      packetsRelayed,
      packetsForked,
      heapOctets: getHeapStatistics().used_heap_size,
    };
  }

  #opened(ask: Requests['open']['ask'], pairs: Record<Side, PortPair>): Record<Side, Endpoint> {
    const line = new Line(ask.line, ask.callId, pairs, ask, this.emit, this.sockets.now());
    const identity = this.#identities.enter(ask.callId);
    this.#lines.set(ask.line, { line, pairs, identity, forks: new Set() });
    return line.local;
  }

  #forked(ask: Requests['fork']['ask'], open: OpenLine, pair: PortPair): Endpoint {
    const { line, identity, forks } = open;
    const { forkBufferMs, batchForks } = this.options;
    const clock = () => this.sockets.now();
    const { row } = pair.rtp;
    const rate = (type: number): number => this.#clockRate(ask.fork, type);
    const reports = new ForkReports(identity, row, clock, rate);
    const queue = new PacketQueue(forkBufferMs, this.#kept);
    const fork = new Fork(pair, reports, this.agenda, clock, queue, batchForks);
    this.#forks.set(ask.fork, { fork, lineId: ask.line, side: ask.side, srtp: undefined });
    forks.add(ask.fork);
    line.tap(ask.side, fork);
    return localEndpoint(pair);
  }

  #clockRate(forkId: string, payloadType: number): number {
    const lineId = this.#forks.get(forkId)?.lineId ?? '';
    return this.#lines.get(lineId)?.line.clockRate(payloadType) ?? 0;
  }

  #sweep(now: Instant): void {
    this.#sweptAt = now;
    this.#lines.forEach(this.#checkSilence);
  }
}
