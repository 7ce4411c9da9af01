import { type Cancel, Fault } from '../../core';
import type {
  DigitListening,
  Endpoint,
  Fork,
  LineStats,
  MediaLine,
  OpenLine,
  Playback,
  Program,
  Side,
  WireSecurity,
} from '../plane';
import { countersIn, type LineCounters, NO_COUNTERS, statsOf } from './counters';
import { Desired } from './desired';
import { DialledCodes } from './dialled-codes';
import { type ForkedLine, RtpengineFork } from './fork';
import type { Ground } from './ground';
import { endpointIn } from './line-sdp';
import type { NgCommand, NgFailure, NgOutcome } from './ng';
import type { Node } from './node';
import { Silence } from './silence';
import { Speaker } from './speaker';
import { SIDES, Wanted } from './wanted';

/** One way or another the node has no such call any more. */
const GONE = /unknown call/i;

/** What both sides are told: keep the ports, believe the first packet, and nobody else afterwards. */
const FLAGS = ['port latching', 'strict source', 'endpoint-learning-immediate'] as const;

export interface LineOwner {
  /** The node has lost the line: it was started anew, or its own timeout has ended it. */
  onGone(line: RtpengineLine): void;
  onSilence(line: RtpengineLine, side: Side, silentMs: number): void;
  onCode(line: RtpengineLine, side: Side, code: string): void;
  /** `undeleted` is the call that the node could not be told to end. */
  onClosed(line: RtpengineLine, undeleted: string | undefined): void;
}

type Opened = { readonly line: RtpengineLine } | { readonly failed: NgFailure };

/**
 * A line that lives in an rtpengine, as a call of its own there with two parties, `a` and `b`.
 *
 * Both ports are had at once, by an offer and an answer whose parties are nowhere yet; what is said
 * of the line later becomes another offer and answer, in which the ports stay. Who is on hold, or is
 * played to, is unsubscribed from the other party: forks of that party know nothing of it.
 */
export class RtpengineLine implements MediaLine, ForkedLine {
  readonly #wanted: Wanted;
  readonly #desired = new Desired(() => this.#apply());
  readonly #speakers: Readonly<Record<Side, Speaker>>;
  readonly #codes: Readonly<Record<Side, DialledCodes>>;
  readonly #forks = new Set<RtpengineFork>();
  readonly #silence: Silence;
  #told: Record<Side, string>;
  readonly #deaf: Record<Side, boolean> = { a: false, b: false };
  #watch: boolean;
  #nextLook: Cancel = () => {};
  #counters = NO_COUNTERS;
  #reading: Promise<LineCounters> | undefined;
  #closed: Promise<LineStats> | undefined;
  #forkNumber = 0;
  /** Packets of forks that are closed. */
  #forked = 0;

  private constructor(
    private readonly ground: Ground,
    private readonly owner: LineOwner,
    readonly node: Node,
    readonly id: string,
    readonly callId: string,
    wanted: Wanted,
    told: Record<Side, string>,
    readonly local: Readonly<Record<Side, Endpoint>>,
    watch: boolean,
  ) {
    this.#wanted = wanted;
    this.#told = told;
    this.#watch = watch;
    this.#silence = new Silence(ground.rtpTimeoutMs, ground.clock.now());
    this.#speakers = { a: this.#speaker('a'), b: this.#speaker('b') };
    const { clock } = ground;
    this.#codes = { a: new DialledCodes(clock), b: new DialledCodes(clock) };
    this.#lookLater();
  }

  /** Never rejects. */
  static async open(
    ground: Ground,
    owner: LineOwner,
    node: Node,
    id: string,
    options: OpenLine,
  ): Promise<Opened> {
    const wanted = new Wanted(options);
    const told = { a: wanted.description('a'), b: wanted.description('b') };
    const ngCall = ngCallOf(options.callId, id);
    const offer = await node.ask(offerOf(ngCall, wanted, told));
    if (offer.kind !== 'ok') return { failed: offer };
    const answer = await node.ask(answerOf(ngCall, wanted, told));
    if (answer.kind !== 'ok') return { failed: answer };
    const [a, b] = [endpointIn(answer.body.sdp), endpointIn(offer.body.sdp)];
    if (!a || !b) return { failed: { kind: 'refused', reason: 'answers without a port' } };
    const watch = options.watch ?? true;
    const { callId } = options;
    return {
      line: new RtpengineLine(ground, owner, node, id, callId, wanted, told, { a, b }, watch),
    };
  }

  /** Its call at the node. */
  get ngCall(): string {
    return ngCallOf(this.callId, this.id);
  }

  get forks(): number {
    return this.#forks.size;
  }

  /** Packets that have gone to recorders. */
  get forked(): number {
    return [...this.#forks].reduce((sum, fork) => sum + fork.packets, this.#forked);
  }

  /** As last read. */
  get counters(): LineCounters {
    return this.#counters;
  }

  get over(): boolean {
    return this.#closed !== undefined;
  }

  expect(side: Side, remote: Endpoint | undefined): Promise<void> {
    this.#wanted.expect(side, remote && this.#isOwn(remote) ? undefined : remote);
    return this.#desired.ask();
  }

  /** @throws Fault OFFER_NOT_UNDERSTOOD: rtpengine protects with keys of its own, which nobody was told of. */
  secure(_side: Side, security: WireSecurity): void {
    if (security === 'clear') return;
    throw new Fault(
      'OFFER_NOT_UNDERSTOOD',
      'SRTP ends at the embedded relay only, not at rtpengine',
    );
  }

  /** Codes are found in what the node reports; their digits go to everybody else as well. */
  /** A subscription is of its line: what it cannot follow is told when it is closed. */
  takeForks(): void {}

  listenForDigits(side: Side, { formats, codes }: DigitListening): void {
    this.#codes[side].listen(codes);
    // rtpengine reports the events of formats that it knows by name.
    this.#wanted.know(
      formats.map((format) => ({ ...format, codec: 'telephone-event', channels: 1 })),
    );
    void this.#desired.ask();
  }

  dialled(side: Side, digit: string): void {
    for (const code of this.#codes[side].press(digit)) this.owner.onCode(this, side, code);
  }

  describe({ watch, ...description }: Pick<OpenLine, 'clockRates' | 'watch' | 'opaque'>): void {
    if (watch !== undefined && watch !== this.#watch) {
      this.#watch = watch;
      this.#silence.forget(this.ground.clock.now());
    }
    this.#wanted.describe(description);
    void this.#desired.ask();
  }

  async fork(side: Side, { bind }: { readonly bind: string }): Promise<Fork> {
    const id = `${this.id}.${++this.#forkNumber}`;
    const fork = await RtpengineFork.open(this, side, id, bind, () => {
      if (this.#forks.delete(fork)) this.#forked += fork.packets;
    });
    this.#forks.add(fork);
    return fork;
  }

  play(side: Side, program: Program): Promise<Playback> {
    if (this.#wanted.opaque) {
      throw new Fault('ANNOUNCEMENT_NOT_POSSIBLE', 'what the line carries is not read');
    }
    return this.#speakers[side].play(program);
  }

  async stats(): Promise<LineStats> {
    if (this.#closed) return this.#closed;
    // In order, as it was said.
    await this.#desired.idle();
    return statsOf(await this.read());
  }

  /** What the node has counted; what is known of it when it does not answer, or the line is closed. */
  read(): Promise<LineCounters> {
    if (this.over) return Promise.resolve(this.#counters);
    this.#reading ??= this.ask({ command: 'query' }).then((outcome) => {
      this.#reading = undefined;
      if (outcome.kind === 'ok' && !this.over) this.#counters = countersIn(outcome.body);
      return this.#counters;
    });
    return this.#reading;
  }

  /** After the node was away: what is not there any more is gone, what was not done is. */
  async recheck(): Promise<void> {
    await this.read();
    if (this.over) return;
    if (!this.#desired.settled) void this.#desired.ask();
    for (const fork of this.#forks) void fork.recheck();
  }

  close(): Promise<LineStats> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The node is lost, or has lost it: there is nothing to be told any more. */
  abandon(undeleted: string | undefined): void {
    this.#closed ??= Promise.resolve(statsOf(this.#counters));
    this.#end(undeleted);
  }

  /** Asks the node about this line. Never rejects. */
  async ask(command: NgCommand): Promise<NgOutcome> {
    const outcome = await this.node.ask({ ...command, 'call-id': this.ngCall });
    if (outcome.kind === 'refused' && GONE.test(outcome.reason) && !this.over) {
      this.owner.onGone(this);
    }
    return outcome;
  }

  get clock() {
    return this.ground.clock;
  }

  warn(fields: Record<string, unknown>, event: string): void {
    this.ground.log.warn(
      { call: this.callId, line: this.id, node: this.node.name, ...fields },
      event,
    );
  }

  async #close(): Promise<LineStats> {
    const outcome = await this.node.ask(deletion(this.ngCall));
    if (outcome.kind === 'ok' && outcome.body.tags) this.#counters = countersIn(outcome.body);
    this.#end(outcome.kind === 'silent' ? this.ngCall : undefined);
    return statsOf(this.#counters);
  }

  #end(undeleted: string | undefined): void {
    this.#nextLook();
    for (const side of SIDES) {
      this.#speakers[side].close();
      this.#codes[side].close();
    }
    for (const fork of [...this.#forks]) fork.lineClosed();
    this.owner.onClosed(this, undeleted);
  }

  async #apply(): Promise<boolean> {
    if (this.over) return true;
    const wanted = this.#wanted;
    const told = { a: wanted.description('a'), b: wanted.description('b') };
    const deaf = { a: wanted.deaf('a'), b: wanted.deaf('b') };
    const changed = SIDES.some((side) => told[side] !== this.#told[side]);
    const hearsAgain = SIDES.some((side) => this.#deaf[side] && !deaf[side]);
    if (changed || hearsAgain) {
      if (!(await this.#negotiate(told))) return false;
    }
    for (const side of SIDES) {
      if (!deaf[side] || this.#deaf[side]) continue;
      const outcome = await this.ask({ command: 'unsubscribe', 'to-tag': side });
      if (outcome.kind !== 'ok') return this.#failed('unsubscribe', outcome);
      this.#deaf[side] = true;
    }
    return true;
  }

  async #negotiate(told: Record<Side, string>): Promise<boolean> {
    // By both tags: where both are unsubscribed, rtpengine 10.5 would look for the other party and die.
    const again = { ...offerOf(this.ngCall, this.#wanted, told), 'to-tag': 'b' };
    const offer = await this.node.ask(again);
    if (this.over) return true;
    if (offer.kind !== 'ok') return this.#failed('offer', offer);
    const answer = await this.node.ask(answerOf(this.ngCall, this.#wanted, told));
    if (this.over) return true;
    if (answer.kind !== 'ok') return this.#failed('answer', answer);
    const kept =
      endpointIn(offer.body.sdp)?.rtpPort === this.local.b.rtpPort &&
      endpointIn(answer.body.sdp)?.rtpPort === this.local.a.rtpPort;
    if (!kept) {
      // A node that was started anew takes the offer for that of a new call.
      this.owner.onGone(this);
      return true;
    }
    this.#told = told;
    for (const side of SIDES) this.#deaf[side] = false;
    return true;
  }

  /** What a node that did not answer was to do is done when it does: `recheck`. */
  #failed(command: string, outcome: NgOutcome): false {
    if (outcome.kind !== 'ok' && !this.over) {
      this.warn({ command, reason: outcome.reason }, 'rtpengine command failed');
    }
    return false;
  }

  #speaker(side: Side): Speaker {
    return new Speaker(
      {
        ask: (command) => this.ask({ ...command, 'from-tag': side }),
        take: async (formats) => {
          this.#wanted.playTo(side, formats);
          await this.#desired.ask();
        },
        release: () => {
          this.#wanted.played(side);
          void this.#desired.ask();
        },
        onFailure: (fault) => this.warn({ side, reason: fault.message }, 'not played'),
      },
      this.ground,
      `${this.id}.${side}`,
    );
  }

  #lookLater(): void {
    this.#nextLook = this.ground.clock.after(this.ground.lookMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const counters = await this.read();
    if (this.over) return;
    const now = this.ground.clock.now();
    // A node that does not answer says nothing of silence.
    if (!this.#watch || !this.node.up) this.#silence.forget(now);
    for (const { side, silentMs } of this.#silence.read(counters, now)) {
      this.owner.onSilence(this, side, silentMs);
    }
    this.#lookLater();
  }

  /** A party that names our own ports would have the line talk to itself for ever. */
  #isOwn({ address, rtpPort }: Endpoint): boolean {
    return SIDES.some(
      (side) => this.local[side].address === address && this.local[side].rtpPort === rtpPort,
    );
  }
}

/** Ends a call at the node, at once: nothing of it is to reach anybody any more. */
export function deletion(ngCall: string): NgCommand {
  return { command: 'delete', 'call-id': ngCall, 'from-tag': 'a', 'delete delay': 0 };
}

function ngCallOf(callId: string, line: string): string {
  return `${callId}/${line}`;
}

function offerOf(ngCall: string, wanted: Wanted, told: Readonly<Record<Side, string>>) {
  return {
    command: 'offer',
    ...negotiation(ngCall, told.a, wanted.familyOf('b')),
    supports: ['load limit'],
  } as const;
}

function answerOf(ngCall: string, wanted: Wanted, told: Readonly<Record<Side, string>>) {
  return {
    command: 'answer',
    'to-tag': 'b',
    ...negotiation(ngCall, told.b, wanted.familyOf('a')),
  } as const;
}

/** `family` is that of the side whose port the answer shows. */
function negotiation(ngCall: string, sdp: string, family: 4 | 6) {
  return {
    'call-id': ngCall,
    'from-tag': 'a',
    sdp,
    flags: FLAGS,
    replace: ['zero address'],
    ICE: 'remove',
    'rtcp-mux': ['accept'],
    'address family': `IP${family}`,
  };
}
