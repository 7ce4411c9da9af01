import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Fault, type Instant, type Millis } from '../../core';
import { sha256Of } from '../files/hash';
import { PART, PCAP, PRIVATE_DIRECTORY, WAV } from '../files/paths';
import { PcapPart } from '../files/pcap';
import { WavPart } from '../files/wav-part';
import { Timeline } from '../timeline/timeline';
import { Line } from './line';
import type {
  FinishedTake,
  IntakeBirth,
  LineOrder,
  OpenOrder,
  Ports,
  TakeReport,
} from './messages';
import type { PortPairs } from './port-pairs';
import { reportOf } from './report-of';

/** How often audio goes to the file: a process that is killed loses less than a second. */
const FLUSH_INTERVAL: Millis = 400;

/** Of the event loop, in each of which a socket gives up to 32 datagrams: more than their buffers hold. */
const MOST_TURNS = 32;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One recording as the intake's thread has it: its lines, its timeline, its files. */
export class Take {
  readonly #lines = new Map<number, Line>();
  /** Lines that signalling has closed; what they recorded stays. */
  readonly #past: Line[] = [];
  #pcap: Promise<PcapPart | undefined> | undefined;
  #nextFlush: Instant;
  #failure: string | undefined;
  #closed = false;
  /** Wall-clock time minus this thread's. */
  readonly #wallOffset = Date.now() - performance.now();

  private constructor(
    private readonly order: OpenOrder,
    private readonly birth: IntakeBirth,
    private readonly pairs: PortPairs,
    private readonly wav: WavPart,
    private readonly timeline: Timeline,
    private readonly openedAt: Instant,
    private readonly onFailure: (reason: string) => void,
  ) {
    this.#nextFlush = openedAt + FLUSH_INTERVAL;
  }

  /** Makes the file and opens the lines. Rejects with the system's error when the file cannot be made. */
  static async open(
    order: OpenOrder,
    birth: IntakeBirth,
    pairs: PortPairs,
    onFailure: (reason: string) => void,
  ): Promise<Take> {
    await mkdir(dirname(order.path), { recursive: true, mode: PRIVATE_DIRECTORY });
    const wav = await WavPart.open(`${order.path}${WAV}${PART}`, order, (reason) =>
      take.#fail(reason),
    );
    const now = performance.now();
    const timeline = new Timeline(order.rate, order.channels, now, (frame, pcm) =>
      wav.write(frame, pcm),
    );
    const take: Take = new Take(order, birth, pairs, wav, timeline, now, onFailure);
    return take;
  }

  /** Opens, changes and closes lines until they are as ordered. @throws Fault PORTS_EXHAUSTED. */
  async follow(orders: readonly LineOrder[]): Promise<Ports> {
    // A pause waits for nothing.
    for (const { line, active } of orders) {
      if (!active) this.#lines.get(line)?.lane.setActive(false, performance.now());
    }
    await this.#hearOut();
    const wanted = new Set(orders.map(({ line }) => line));
    for (const line of [...this.#lines.values()]) if (!wanted.has(line.number)) this.#close(line);
    const ports: Array<Ports[number]> = [];
    for (const order of orders) {
      const line = this.#lines.get(order.line) ?? (await this.#open(order));
      line.follow(order, performance.now());
      ports.push({ line: order.line, local: line.local });
    }
    return ports;
  }

  tick(now: Instant): void {
    this.timeline.tick(now);
    for (const line of this.#lines.values()) line.tick(now);
    if (now < this.#nextFlush) return;
    this.#nextFlush = now + FLUSH_INTERVAL;
    this.timeline.flush(now);
  }

  report(now: Instant): TakeReport {
    const lines = this.#everyLine();
    const heard = Math.max(this.openedAt, ...lines.map(({ lastHeardAt }) => lastHeardAt ?? 0));
    return {
      startedAt: this.timeline.startedAt + this.#wallOffset,
      durationMs: (this.timeline.frames * 1000) / this.timeline.rate,
      silentMs: now - heard,
      lines: lines.map((line) => reportOf(line, this.timeline, this.#wallOffset)),
      pcap: this.#pcap !== undefined,
      failure: this.#failure,
    };
  }

  /** Completes the files. They keep the names of unfinished ones: the sidecar is to be written first. */
  async finish(): Promise<FinishedTake> {
    await this.#hearOut();
    const now = performance.now();
    this.#closed = true;
    for (const line of [...this.#lines.values()]) this.#close(line);
    this.timeline.finish(now);
    await this.wav.finish(this.timeline.frames);
    await (await this.#pcap)?.finish();
    const sha256 = await sha256Of(`${this.order.path}${WAV}${PART}`).catch((error: unknown) => {
      this.#fail(String(error));
      return undefined;
    });
    return { ...this.report(now), sha256 };
  }

  /** Closes and leaves nothing behind. */
  async discard(): Promise<void> {
    this.#closed = true;
    for (const line of [...this.#lines.values()]) this.#close(line);
    await this.wav.finish(0);
    await (await this.#pcap)?.finish();
    await rm(`${this.order.path}${WAV}${PART}`, { force: true });
    await rm(`${this.order.path}${PCAP}${PART}`, { force: true });
  }

  /**
   * Reads what had come before the word of control did: a busy thread may have it in its sockets still. It belongs to
   * the recording that ends, and to the pause that ends.
   */
  async #hearOut(): Promise<void> {
    const heard = () => this.#everyLine().reduce((sum, { datagrams }) => sum + datagrams, 0);
    if (this.#lines.size === 0) return;
    // The turn that is under way may have looked at the sockets before.
    await turn();
    for (let turns = 0, before = -1; turns < MOST_TURNS && heard() !== before; turns++) {
      before = heard();
      await turn();
    }
  }

  async #open(order: LineOrder): Promise<Line> {
    const pair = await this.pairs.open();
    if (this.#closed) {
      this.pairs.retire(pair);
      throw new Fault('MEDIA_WORKER_LOST', 'the recording is over');
    }
    const now = performance.now();
    const { channel, active } = order;
    const { address, cname } = this.birth;
    const lane = this.timeline.lane(channel, { active, now });
    const line = new Line(order.line, pair, lane, { address, cname, now }, (bytes, from, to) =>
      this.#keep(bytes, { from, to: { address: to.address, port: to.rtpPort } }),
    );
    this.#lines.set(order.line, line);
    return line;
  }

  #close(line: Line): void {
    line.close(performance.now());
    this.pairs.retire(line.pair);
    this.#lines.delete(line.number);
    this.#past.push(line);
  }

  #everyLine(): Line[] {
    return [...this.#past, ...this.#lines.values()];
  }

  #keep(bytes: Buffer, flow: Parameters<PcapPart['append']>[1]): void {
    const wallMs = performance.now() + this.#wallOffset;
    this.#pcap ??= PcapPart.open(`${this.order.path}${PCAP}${PART}`, (reason) =>
      this.#fail(reason),
    ).catch((error: unknown) => {
      this.#fail(String(error));
      return undefined;
    });
    void this.#pcap.then((pcap) => pcap?.append(bytes, flow, wallMs));
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.onFailure(reason);
  }
}
