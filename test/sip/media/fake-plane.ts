import { Fault } from '../../../src/core';
import type {
  Endpoint,
  LineStats,
  MediaLine,
  MediaPlane,
  OpenLine,
  PlaneEvent,
  Side,
  WireSecurity,
} from '../../../src/media';

const NOTHING = {
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

/** A line that only remembers: as much of one as signalling touches. */
class FakeLine implements Partial<MediaLine> {
  readonly local: Readonly<Record<Side, Endpoint>>;
  readonly expected: Partial<Record<Side, Endpoint | undefined>> = {};
  readonly secured: Partial<Record<Side, WireSecurity>> = {};
  described: Parameters<MediaLine['describe']>[0] = {};
  closed = false;
  /** Lines whose copies it has taken over. */
  readonly forksOf: string[] = [];
  /** What is expected holds when this does. */
  slow: Promise<void> = Promise.resolve();

  constructor(
    readonly id: string,
    readonly options: OpenLine,
    port: number,
  ) {
    const at = (side: Side, rtpPort: number): Endpoint => ({
      address: options.bind[side],
      rtpPort,
      rtcpPort: rtpPort + 1,
    });
    this.local = { a: at('a', port), b: at('b', port + 2) };
  }

  expect(side: Side, remote: Endpoint | undefined): Promise<void> {
    this.expected[side] = remote;
    return this.slow;
  }

  secure(side: Side, security: WireSecurity): void {
    this.secured[side] = security;
  }

  describe(options: Parameters<MediaLine['describe']>[0]): void {
    this.described = { ...this.described, ...options };
  }

  listenForDigits(): void {}

  takeForks(other: MediaLine): void {
    this.forksOf.push(other.id);
  }

  fork(): Promise<never> {
    return Promise.reject(new Fault('PORTS_EXHAUSTED'));
  }

  play(): Promise<never> {
    return Promise.reject(new Fault('ANNOUNCEMENT_NOT_POSSIBLE'));
  }

  stats(): Promise<LineStats> {
    return Promise.resolve({ a: NOTHING, b: NOTHING });
  }

  close(): Promise<LineStats> {
    this.closed = true;
    return this.stats();
  }
}

/** A plane without sockets; `room` lines fit in. */
export class FakePlane implements MediaPlane {
  readonly lines: FakeLine[] = [];

  constructor(private readonly room = 100) {}

  get living(): readonly FakeLine[] {
    return this.lines.filter(({ closed }) => !closed);
  }

  open(options: OpenLine): Promise<MediaLine> {
    if (this.living.length >= this.room) return Promise.reject(new Fault('PORTS_EXHAUSTED'));
    const line = new FakeLine(`line-${this.lines.length}`, options, 30_000 + this.lines.length * 4);
    this.lines.push(line);
    return Promise.resolve(line as Partial<MediaLine> as MediaLine);
  }

  onEvent(_listener: (event: PlaneEvent) => void): () => void {
    return () => {};
  }

  usage(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
