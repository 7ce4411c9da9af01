import { Fault } from '../../core';
import type {
  DigitListening,
  Endpoint,
  Fork,
  ForkStats,
  LineStats,
  MediaLine,
  Playback,
  Played,
  Program,
  Side,
  StreamStats,
  WireSecurity,
} from '../plane';
import type { SrtpSession } from '../srtp';
import type { Description } from './line';
import type { RequestName, Requests } from './messages';
import { prepared } from './playout/prepared';
import type { SeatLink } from './seat';

const NO_STREAM: StreamStats = {
  packets: 0,
  octets: 0,
  lost: 0,
  jitterMs: 0,
  strangers: 0,
  malformed: 0,
  unauthentic: 0,
  replayed: 0,
  firstAtMs: undefined,
  lastAtMs: undefined,
};
const NO_LINE: LineStats = { a: NO_STREAM, b: NO_STREAM };
const NO_FORK: ForkStats = {
  packets: 0,
  octets: 0,
  dropped: 0,
  crowdedOut: 0,
  cut: false,
  sendErrors: 0,
  recorder: undefined,
};
/** Gone before it was closed. */
const CUT_FORK: ForkStats = { ...NO_FORK, cut: true };

const NOTHING_PLAYED: Played = { rounds: [] };

/** Answers of a worker that may be gone: then there is nothing to tell, and that is no error. */
async function orWhenLost<Name extends RequestName, T>(
  link: SeatLink,
  name: Name,
  body: Requests[Name]['ask'],
  lost: T,
): Promise<Exclude<Requests[Name]['answer'], undefined> | T> {
  try {
    const answer = await link.ask(name, body);
    return (answer ?? lost) as Exclude<Requests[Name]['answer'], undefined> | T;
  } catch (error) {
    if (error instanceof Fault && error.code === 'MEDIA_WORKER_LOST') return lost;
    throw error;
  }
}

/** A line that lives in a worker. Figures are kept when it closes; zero when its worker died. */
export class RemoteLine implements MediaLine {
  #closed: Promise<LineStats> | undefined;
  #forks = 0;
  #playbacks = 0;

  constructor(
    private readonly link: SeatLink,
    readonly id: string,
    readonly local: Readonly<Record<Side, Endpoint>>,
    private readonly onClosed: () => void,
  ) {}

  /** Told to the worker before any packet can be answered to what a party is told next. */
  expect(side: Side, remote: Endpoint | undefined): Promise<void> {
    this.link.tell({ kind: 'expect', line: this.id, side, remote });
    return Promise.resolve();
  }

  secure(side: Side, security: WireSecurity): void {
    this.link.tell({ kind: 'secure', line: this.id, side, security });
  }

  describe({ clockRates, watch, held, opaque }: Description): void {
    this.link.tell({ kind: 'describe', line: this.id, clockRates, watch, held, opaque });
  }

  listenForDigits(side: Side, listening: DigitListening): void {
    this.link.tell({ kind: 'digits', line: this.id, side, listening });
  }

  async fork(side: Side, { bind }: { readonly bind: string }): Promise<Fork> {
    const fork = `${this.id}.${++this.#forks}`;
    const local = await this.link.ask('fork', { line: this.id, fork, side, bind });
    return new RemoteFork(this.link, fork, local);
  }

  takeForks(other: MediaLine): void {
    this.link.tell({ kind: 'take-forks', line: this.id, from: other.id });
  }

  async play(side: Side, program: Program): Promise<Playback> {
    const playback = `${this.id}.p${++this.#playbacks}`;
    const ready = prepared(program);
    const ask = { line: this.id, playback, side, program: ready };
    return {
      id: playback,
      stop: () => this.link.tell({ kind: 'stop', line: this.id, playback }),
      done: orWhenLost(this.link, 'play', ask, NOTHING_PLAYED),
    };
  }

  async stats(): Promise<LineStats> {
    return this.#closed ?? orWhenLost(this.link, 'lineStats', { line: this.id }, NO_LINE);
  }

  close(): Promise<LineStats> {
    if (!this.#closed) {
      this.#closed = orWhenLost(this.link, 'closeLine', { line: this.id }, NO_LINE);
      this.onClosed();
    }
    return this.#closed;
  }
}

class RemoteFork implements Fork {
  #closed: Promise<ForkStats> | undefined;

  constructor(
    private readonly link: SeatLink,
    readonly id: string,
    readonly local: Endpoint,
  ) {}

  start(remote: Endpoint, srtp?: SrtpSession): void {
    this.link.tell({ kind: 'start', fork: this.id, remote, srtp });
  }

  keep(): void {
    this.link.tell({ kind: 'keep', fork: this.id });
  }

  async pause(): Promise<void> {
    await orWhenLost(this.link, 'pause', { fork: this.id }, undefined);
  }

  resume(): void {
    this.link.tell({ kind: 'resume', fork: this.id });
  }

  async stats(): Promise<ForkStats> {
    return this.#closed ?? orWhenLost(this.link, 'forkStats', { fork: this.id }, NO_FORK);
  }

  close(): Promise<ForkStats> {
    this.#closed ??= orWhenLost(this.link, 'closeFork', { fork: this.id }, CUT_FORK);
    return this.#closed;
  }
}
