import { type Clock, Fault, type Millis } from '../../core';
import type { Endpoint, Fork, ForkStats, Side } from '../plane';
import type { LineCounters } from './counters';
import { Desired } from './desired';
import { describeRecorder, endpointIn, nowhere } from './line-sdp';
import type { NgCommand, NgFailure, NgOutcome } from './ng';
import { type Fate, Passage } from './passage';
import { familyOf } from './wanted';

/** A gate that could not be shut is tried again so soon, for as long as the line is there. */
const NEXT_TRY: Millis = 100;

/** What a fork needs of its line. */
export interface ForkedLine {
  readonly clock: Clock;
  /** Its end is the end of its forks. */
  readonly over: boolean;
  /** As last read. */
  readonly counters: LineCounters;
  /** Never rejects. */
  read(): Promise<LineCounters>;
  /** About the call of the line. Never rejects. */
  ask(command: NgCommand): Promise<NgOutcome>;
  warn(fields: Record<string, unknown>, event: string): void;
}

/**
 * A copy of what a side's party sends: a subscription of rtpengine.
 *
 *     shut ──start, resume──▶ flowing ──pause, keep──▶ shut
 *
 * Its port is had by `subscribe request` and stays; `subscribe answer` lets it flow; `unsubscribe`
 * shuts it. rtpengine takes packets of a call under a lock that a command takes alone: when it has
 * answered `unsubscribe`, no packet can be on its way any more.
 *
 * Nothing is kept before it flows, nor while a recorder is changed: rtpengine has no such buffer, and what is said then is
 * missing. While it is paused nothing is.
 */
export class RtpengineFork implements Fork {
  readonly #desired = new Desired(() => this.#apply());
  #remote: Endpoint | undefined;
  #paused = false;
  #flows = false;
  /** What becomes of the party's packets while it does not flow. */
  #withheld: Exclude<Fate, 'passed'> = 'missing';
  #flowsTo: Endpoint | undefined;
  #closed: Promise<ForkStats> | undefined;
  #over = false;
  /** What is counted is counted in order. */
  #counting: Promise<void> = Promise.resolve();

  private constructor(
    private readonly line: ForkedLine,
    private readonly side: Side,
    readonly id: string,
    private readonly family: 4 | 6,
    private readonly passage: Passage,
    private offer: unknown,
    readonly local: Endpoint,
    private readonly onClosed: () => void,
  ) {}

  /** @throws Fault PORTS_EXHAUSTED, MEDIA_WORKER_LOST */
  static async open(
    line: ForkedLine,
    side: Side,
    id: string,
    bind: string,
    onClosed: () => void,
  ): Promise<RtpengineFork> {
    const family = familyOf(bind);
    const [counters, outcome] = await Promise.all([
      line.read(),
      line.ask(subscribeRequest(side, id, family)),
    ]);
    if (outcome.kind !== 'ok') throw refusalOf(outcome);
    const local = endpointIn(outcome.body.sdp);
    if (!local) throw new Fault('PORTS_EXHAUSTED', 'rtpengine gave no port for a copy');
    const passage = new Passage(counters[side]);
    const { sdp } = outcome.body;
    return new RtpengineFork(line, side, id, family, passage, sdp, local, onClosed);
  }

  /** What has gone to the recorder, by what is known of the party's stream. */
  get packets(): number {
    return this.passage.so(this.line.counters[this.side]).packets;
  }

  start(remote: Endpoint): void {
    this.#remote = remote;
    void this.#desired.ask();
  }

  keep(): void {
    if (!this.#remote) return;
    this.#remote = undefined;
    if (!this.#paused) this.#withhold('missing');
    void this.#desired.ask();
  }

  async pause(): Promise<void> {
    this.#paused = true;
    this.#withhold('shut');
    await this.#desired.ask();
    while (this.#mayFlow && this.#paused) {
      await new Promise<void>((resolve) => this.line.clock.after(NEXT_TRY, resolve));
      await this.#desired.ask();
    }
  }

  resume(): void {
    this.#paused = false;
    if (!this.#remote) this.#withhold('missing');
    void this.#desired.ask();
  }

  async recheck(): Promise<void> {
    if (this.#desired.settled) return;
    await this.#desired.ask();
    if (this.#closed && this.#desired.settled) this.lineClosed();
  }

  async stats(): Promise<ForkStats> {
    return this.#closed ?? this.#stats();
  }

  close(): Promise<ForkStats> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** What was not told to end has ended with its line. */
  lineClosed(): void {
    this.#over = true;
    this.#flows = false;
    this.onClosed();
  }

  /** It flows, or nobody knows that it does not. */
  get #mayFlow(): boolean {
    return this.#flows && !this.line.over;
  }

  async #close(): Promise<ForkStats> {
    const cut = this.#over || this.line.over;
    this.#remote = undefined;
    this.#withheld = 'shut';
    await this.#desired.ask();
    const stats = { ...(await this.#stats()), cut };
    // One that could not be shut is shut when the node is back.
    if (this.#desired.settled) this.lineClosed();
    return stats;
  }

  async #stats(): Promise<ForkStats> {
    await this.#counting;
    const told = this.passage.so((await this.line.read())[this.side]);
    return { ...told, crowdedOut: 0, cut: false, sendErrors: 0, recorder: undefined };
  }

  #withhold(fate: Exclude<Fate, 'passed'>): void {
    this.#withheld = fate;
    if (!this.#flows) this.#turn(fate);
  }

  #turn(fate: Fate): void {
    this.#counting = this.#counting.then(async () =>
      this.passage.turn(fate, (await this.line.read())[this.side]),
    );
  }

  async #apply(): Promise<boolean> {
    if (this.#over || this.line.over) return true;
    const wanted = this.#paused ? undefined : this.#remote;
    if (wanted && !sameEndpoint(wanted, this.#flowsTo)) return this.#flow(wanted);
    if (!wanted && this.#flows) return this.#shut();
    return true;
  }

  async #flow(remote: Endpoint): Promise<boolean> {
    if (!this.#flows) {
      // Also the first time: the line may have been negotiated anew, and what is offered has to be taken whole.
      const again = await this.line.ask(subscribeRequest(this.side, this.id, this.family));
      if (again.kind !== 'ok') return this.#failed('subscribe request', again);
      this.offer = again.body.sdp;
    }
    const sdp = describeRecorder(this.offer, remote);
    if (sdp === undefined) return false;
    // From here on it may flow, whether the answer to this is heard or not.
    const opens = !this.#flows;
    this.#flows = true;
    const answering = this.line.ask({ command: 'subscribe answer', 'to-tag': this.id, sdp });
    if (opens) this.#turn('passed');
    const outcome = await answering;
    if (outcome.kind !== 'ok') return this.#failed('subscribe answer', outcome);
    this.#flowsTo = remote;
    return true;
  }

  async #shut(): Promise<boolean> {
    // When it subscribes again it is to flow to whom is named then, and until that is said to nobody.
    const forgetting = this.#closed ? undefined : this.#forgetRecorder();
    const unsubscribing = this.line.ask({ command: 'unsubscribe', 'to-tag': this.id });
    // Asked at the same time: what comes between the two answers is hardly a packet.
    this.#turn(this.#withheld);
    const [outcome] = await Promise.all([unsubscribing, forgetting]);
    if (outcome.kind !== 'ok') return this.#failed('unsubscribe', outcome);
    this.#flows = false;
    this.#flowsTo = undefined;
    return true;
  }

  async #forgetRecorder(): Promise<void> {
    const sdp = describeRecorder(this.offer, nowhere(this.family));
    if (sdp === undefined) return;
    const outcome = await this.line.ask({ command: 'subscribe answer', 'to-tag': this.id, sdp });
    if (outcome.kind !== 'ok') this.#failed('subscribe answer', outcome);
  }

  #failed(command: string, outcome: NgFailure): false {
    this.line.warn({ fork: this.id, command, reason: outcome.reason }, 'rtpengine command failed');
    return false;
  }
}

function subscribeRequest(side: Side, id: string, family: 4 | 6) {
  return {
    command: 'subscribe request',
    'from-tag': side,
    'to-tag': id,
    replace: ['zero address'],
    ICE: 'remove',
    'rtcp-mux': ['demux'],
    'address family': `IP${family}`,
  } as const;
}

function refusalOf(outcome: NgFailure): Fault {
  const code = outcome.kind === 'silent' ? 'MEDIA_WORKER_LOST' : 'PORTS_EXHAUSTED';
  return new Fault(code, `rtpengine: ${outcome.reason}`);
}

function sameEndpoint(one: Endpoint, other: Endpoint | undefined): boolean {
  return (
    one.address === other?.address &&
    one.rtpPort === other.rtpPort &&
    one.rtcpPort === other.rtcpPort
  );
}
