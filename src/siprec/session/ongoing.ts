import { Driver, type Log } from '../../core';
import { conversationOf } from './conversation';
import { DISCARDING } from './discard';
import { Forks } from './forks';
import { RecordedLines } from './lines';
import { RecordingMachine } from './machine';
import { logOutcome, outcomeOf } from './outcome';
import type { Output, SessionInput, SessionOutput } from './protocol';
import type {
  Recording,
  RecordingChange,
  RecordingOutcome,
  RecordingPart,
  RecordingRequest,
  RecordingState,
  RecordingTarget,
  StopReason,
} from './recording';
import { RecordingSession, type SessionContext } from './session';
import { Succession } from './succession';

/** Carries a recording's decisions out, over SIP with one recorder after another and at the forks, and news back. */
export class OngoingRecording implements Recording {
  readonly recordingId: string;
  readonly established: Promise<boolean>;
  readonly outcome: Promise<RecordingOutcome>;

  readonly #machine: RecordingMachine;
  readonly #driver: Driver<SessionInput, SessionOutput>;
  readonly #lines: RecordedLines;
  readonly #forks: Forks;
  readonly #log: Log;
  readonly #begunAt: Date;
  /** With each recorder that was asked. */
  readonly #sessions: RecordingSession[] = [];
  /** What those had that have it no more. */
  readonly #parts: RecordingPart[] = [];
  #pauseCount = 0;
  #provisional: boolean;
  readonly #resuming: Array<() => void> = [];
  #onEstablished: (accepted: boolean) => void = () => {};
  #onOutcome: (outcome: RecordingOutcome) => void = () => {};

  /** `targets`: best first. */
  constructor(
    private readonly context: SessionContext,
    private readonly targets: readonly RecordingTarget[],
    private readonly request: RecordingRequest,
  ) {
    const { clock, ids, log } = context;
    const { recordingId, callId, provisional = false } = request;
    this.#provisional = provisional;
    this.recordingId = recordingId;
    this.established = new Promise((resolve) => {
      this.#onEstablished = resolve;
    });
    this.outcome = new Promise((resolve) => {
      this.#onOutcome = resolve;
    });
    this.#log = log.child({ call: callId, recordingId });
    this.#begunAt = clock.wall();
    this.#forks = new Forks(request.streams, clock, this.#log);
    // Many recorders take the first m-line for the recorded user's, whatever its label.
    const wanted = [...request.streams].sort((a, b) => a.label.localeCompare(b.label));
    const streams = wanted.filter(({ codecs }) => codecs.length > 0);
    this.#lines = new RecordedLines(streams);
    const { groupId, sessionId, sipSessionId, startedAt, recorded, others } = request;
    const conversation = conversationOf({
      groupId,
      sessionId,
      sipSessionIds: sipSessionId === undefined ? [] : [sipSessionId],
      startedAt,
      recordedFrom: this.#begunAt,
      recorded,
      others,
      announcements: request.announcements,
      streams: streams.map(({ label, sending, sender }) => {
        return { id: ids.uuid(), label, sending, sender };
      }),
    });
    this.#machine = new RecordingMachine({
      succession: new Succession(targets, ({ discards = false }) => discards || !this.#provisional),
      lines: this.#lines,
      conversation,
      missing: wanted.filter((one) => !streams.includes(one)).map(({ label }) => label),
      random: () => Number.parseInt(ids.token(2), 16) / 0x10000,
      wall: () => clock.wall(),
    });
    this.#driver = new Driver(this.#machine, clock, (output) => this.#perform(output));
  }

  get state(): RecordingState {
    return this.#machine.state;
  }

  start(): void {
    this.#driver.input({ kind: 'start' });
  }

  update(change: RecordingChange): void {
    this.#driver.input({ kind: 'changed', change, at: this.context.clock.wall() });
  }

  keep(): void {
    this.#provisional = false;
  }

  async pause(by?: string): Promise<void> {
    const turn = ++this.#pauseCount;
    // What was to be resumed is not going to be: whoever waits for it has waited long enough.
    this.#reportResumed();
    this.#driver.input({ kind: 'pause', by, at: this.context.clock.wall() });
    await this.#forks.gated();
    // A later pause or resumption has made this one stale.
    if (turn === this.#pauseCount) this.#driver.input({ kind: 'gated' });
  }

  resume(by?: string): Promise<void> {
    this.#pauseCount += 1;
    return new Promise((resolve) => {
      this.#resuming.push(resolve);
      this.#driver.input({ kind: 'resume', by, at: this.context.clock.wall() });
    });
  }

  stop(reason: StopReason): Promise<RecordingOutcome> {
    this.#driver.input({ kind: 'stop', reason, at: this.context.clock.wall() });
    return this.outcome;
  }

  /** Resolves after the outcome, when a cancelled INVITE has had its final response too. */
  async settled(): Promise<void> {
    await this.outcome;
    await Promise.all(this.#sessions.map((session) => session.settled()));
  }

  get #session(): RecordingSession | undefined {
    return this.#sessions.at(-1);
  }

  #perform(output: SessionOutput): void {
    try {
      this.#carryOut(output);
    } catch (error) {
      // A bug, ours or below: it may cost the recording, never the call.
      this.#log.error({ err: error, output: output.do }, 'recording failed');
      this.#driver.input({ kind: 'dialog-over', detail: String(error), left: false });
    }
  }

  #carryOut(output: SessionOutput): void {
    switch (output.do) {
      case 'ask':
        this.#ask(output.recorder, output.from);
        break;
      case 'invite': {
        const { uri, lines, metadata } = output;
        this.#session?.invite(uri, lines, (wire) => wire.invite(lines, metadata));
        break;
      }
      case 'cancel':
        this.#session?.cancel();
        break;
      case 'reinvite': {
        const { lines, metadata } = output;
        this.#session?.reinvite(lines, (wire) => wire.reinvite(lines, metadata));
        break;
      }
      case 'update': {
        const { metadata } = output;
        this.#session?.update((wire) => wire.update(metadata));
        break;
      }
      case 'check':
        this.#session?.check();
        break;
      case 'respond':
        this.#session?.respond(output.request, output.status, output.lines);
        break;
      case 'bye':
        this.#session?.bye();
        break;
      case 'lost':
        this.#lost(output);
        break;
      case 'established':
        this.#reportEstablished(output.accepted);
        break;
      case 'resumed':
        this.#reportResumed();
        break;
      case 'finish':
        void this.#finish(output);
        break;
      default:
        this.#forks.perform(output);
    }
  }

  #ask(target: RecordingTarget, from: Date): void {
    const { context, request } = this;
    const before = this.#parts.at(-1);
    if (before) {
      const { target: lost, fault, detail } = before;
      const fields = { recorder: target.name, lost, fault, reason: detail };
      this.#log.warn(fields, 'recording passed on');
    }
    this.#sessions.push(
      new RecordingSession(context, {
        target,
        // A recorder that is asked once more must not take what it gets for what it has.
        recordingId: this.#parts.some(taken) ? context.ids.uuid() : this.recordingId,
        request,
        forks: this.#forks,
        describe: () => this.#lines.describe(),
        from,
        lastHeaders: () => (this.#provisional ? DISCARDING : {}),
        onInput: (input) => this.#driver.input(input),
      }),
    );
  }

  #lost({ loss: { code, detail }, at: endedAt, begun }: Output<'lost'>): void {
    const session = this.#session;
    if (!session || this.#parts.length === this.#sessions.length) return;
    session.leave();
    this.#parts.push({ ...session.part(begun), endedAt, fault: code, detail });
  }

  #reportResumed(): void {
    for (const resolve of this.#resuming.splice(0)) resolve();
  }

  #reportEstablished(accepted: boolean): void {
    const { direction } = this.request;
    const { name: recorder, recorderCallId } = this.#session ?? {};
    if (accepted) {
      this.#log.info({ recorder, direction, recorderCallId }, 'recording established');
    }
    this.#onEstablished(accepted);
  }

  async #finish({ ending, begun }: Output<'finish'>): Promise<void> {
    this.#driver.stop();
    const endedAt = this.context.clock.wall();
    const whole = { endedAt, fault: undefined, detail: undefined };
    const unended = this.#parts.length < this.#sessions.length ? this.#session : undefined;
    unended?.leave();
    const counters = await this.#forks.close();
    const outcome = outcomeOf({
      target: this.targets[0]?.name ?? '',
      request: this.request,
      ending,
      parts: unended ? [...this.#parts, { ...unended.part(begun), ...whole }] : this.#parts,
      recordedLabels: this.#machine.recorded,
      counters,
      begunAt: this.#begunAt,
      endedAt,
    });
    logOutcome(this.#log, outcome);
    this.#onOutcome(outcome);
  }
}

function taken({ answeredAt }: RecordingPart): boolean {
  return answeredAt !== undefined;
}
