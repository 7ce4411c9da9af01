import { Driver } from '../../core';
import type { RecordMark } from '../../media';
import {
  type RecordedUser,
  type RecordingAction,
  type RecordingActor,
  RecordingMachine,
  type RecordingMode,
  type RecordingOutput,
  type RecordingReply,
} from '../../policy';
import type { PlayedAnnouncement, StopReason } from '../../siprec';
import type { Agreement } from '../media/agreement';
import type { SessionMedia } from '../media/session-media';
import type { ControlRecord, ControlResult, RecordingRecord, RecordingStatus } from '../record';
import { featureCodes } from './feature-codes';
import {
  type RecordedCall,
  type Recorders,
  type RecordingServices,
  UserRecording,
} from './user-recording';

/** Commands beyond these are carried out and not written down: a record has an end. */
const MOST_CONTROLS = 100;

/** What parties are to be told of a user's recordings. */
export interface RecordingNews {
  /** What is true for record-aware parties has changed (RFC 7866 §7.1.2). */
  marked(): void;
  /** Started, stopped, paused or resumed. */
  recording(what: RecordingAction): void;
  /** Whether they are to be reminded of it again and again. */
  tone(on: boolean): void;
  /** No recorder takes the recording, or it was lost. */
  lost(): void;
}

/** All that is recorded of one user in one call, as the mode and the user's commands will have it. */
export class UserRecordings {
  /** What the user may dial in the call, with what it does. */
  readonly codes: ReadonlyMap<string, RecordingAction>;
  readonly #driver: Driver<Parameters<RecordingMachine['handle']>[0], RecordingOutput>;
  readonly #machine: RecordingMachine;
  readonly #recordings: UserRecording[] = [];
  readonly #controls: ControlRecord[] = [];
  /** What the last command was answered. */
  #reply: RecordingReply = 'no-call';
  /** Resolves when the last pause or resumption is in force; with false when the recorder did not take it. */
  #inForce: Promise<boolean> = Promise.resolve(true);
  #media: SessionMedia | undefined;
  #agreement: Agreement | undefined;
  #startedAt: Date;
  #mark: RecordMark = 'off';
  /** Counts what the parties are to be told. */
  #marked = 0;
  readonly #mode: RecordingMode;
  #since: Date | undefined;
  #pausedBy: RecordingActor | undefined;
  /** What parties heard before the first recording. */
  readonly #before: PlayedAnnouncement[] = [];

  constructor(
    private readonly services: RecordingServices,
    private readonly call: RecordedCall,
    readonly user: RecordedUser,
    private readonly ids: { readonly groupId: string; readonly sessionId: string },
    private readonly news: RecordingNews,
  ) {
    const { autoResumeSeconds } = user.settings;
    const autoResumeMs = autoResumeSeconds === 0 ? undefined : autoResumeSeconds * 1000;
    this.#startedAt = services.clock.wall();
    this.#mode = modeInForce(user, services.recorders);
    this.codes = featureCodes(this.#mode, user.settings);
    this.#machine = new RecordingMachine(this.#mode, autoResumeMs);
    this.#driver = new Driver(this.#machine, services.clock, (output) => this.#perform(output));
  }

  get status(): RecordingStatus {
    const { id, side } = this.user;
    return {
      user: id,
      side: side === 'caller' ? 'caller' : 'callee',
      mode: this.#mode,
      state: this.#recordings.at(-1)?.state ?? 'off',
      since: this.#since,
      pausedBy: this.#pausedBy,
    };
  }

  /** What the parties may be told of it: `paused` once nothing reaches the recorder any more. */
  get mark(): RecordMark {
    return this.#mark;
  }

  /** The commands that came, in the order of their answers. */
  get controls(): readonly ControlRecord[] {
    return this.#controls;
  }

  /** The answer begins a recording, as things stand. */
  get beginsAtAnswer(): boolean {
    return this.#machine.beginsAtAnswer;
  }

  answered(media: SessionMedia): void {
    this.#media = media;
    this.#startedAt = this.services.clock.wall();
    this.#driver.input({ kind: 'answered' });
  }

  agreed(agreement: Agreement): void {
    this.#agreement = agreement;
    this.#current?.agreed(agreement);
  }

  /** Somebody else is on a side of the call now: the recorder is told, and the recording goes on. */
  partiesChanged(): void {
    this.#current?.partiesChanged();
  }

  /** Parties have heard this: the recorder is told. */
  heard(announcements: readonly PlayedAnnouncement[]): void {
    if (this.#recordings.length === 0) this.#before.push(...announcements);
    else this.#current?.heard(announcements);
  }

  /**
   * A command of the user. Resolves with what is true then: `done` to a pause when no packet can reach the
   * recorder any more, to a start when the recorder has accepted, to a resumption when audio flows again. Never
   * rejects.
   */
  async control(action: RecordingAction, by: RecordingActor): Promise<ControlResult> {
    const at = this.services.clock.wall();
    const result = await this.#carryOut(action, by);
    this.#note(at, by, action, result);
    return result;
  }

  /** The call is over. Resolves with what became of each recording; never rejects. */
  async end(reason: StopReason): Promise<readonly RecordingRecord[]> {
    this.#driver.input({ kind: 'ended' });
    this.#driver.stop();
    return Promise.all(this.#recordings.map((recording) => recording.end(reason)));
  }

  get #current(): UserRecording | undefined {
    const { kind } = this.#machine.state;
    return kind === 'recording' || kind === 'paused' ? this.#recordings.at(-1) : undefined;
  }

  async #carryOut(action: RecordingAction, by: RecordingActor): Promise<ControlResult> {
    this.#driver.input({ kind: 'command', id: 0, action, by });
    const result = this.#reply;
    // None while it rings; and not the current one, which may be lost already.
    const recording = this.#recordings.at(-1);
    if (!recording || action === 'stop' || (result !== 'done' && result !== 'already')) {
      return result;
    }
    if (action === 'start' && !(await recording.established)) return 'failed';
    const taken = await this.#inForce;
    return taken && recording.state !== 'failed' ? result : 'failed';
  }

  #perform(output: RecordingOutput): void {
    switch (output.kind) {
      case 'begin':
        this.#begin(output.kept);
        return;
      case 'keep':
        this.#recordings.at(-1)!.keep();
        return;
      case 'pause':
        this.#changed(output.by);
        this.#inForce = this.#recordings
          .at(-1)!
          .pause(output.by)
          .then(() => true);
        return;
      case 'resume':
        this.#inForce = this.#resume(this.#recordings.at(-1)!, output.by);
        if (output.by === 'timer') this.#noteTimer(this.#inForce);
        return;
      case 'finish':
        this.#changed();
        if (output.cause === 'stopped') {
          void this.#recordings.at(-1)!.end({ text: 'the user stopped it' });
        }
        return;
      case 'reply':
        this.#reply = output.result;
        return;
      case 'indicate':
        this.#indicate(output.record);
        return;
      case 'announce':
        this.news.recording(output.what);
        return;
      case 'tone':
        this.news.tone(output.on);
        return;
    }
  }

  /** Resolves with whether it goes on: a recorder may decline, and then it stays paused. */
  async #resume(recording: UserRecording, by: RecordingActor): Promise<boolean> {
    const pausedBy = this.#pausedBy;
    this.#changed();
    await recording.resume(by);
    if (this.#current !== recording || this.#machine.state.kind === 'paused') return true;
    if (recording.state !== 'paused') return true;
    this.#changed(pausedBy);
    this.#driver.input({ kind: 'not-resumed' });
    return false;
  }

  /** A pause has ended by itself, or should have. */
  #noteTimer(resumed: Promise<boolean>): void {
    const at = this.services.clock.wall();
    void resumed.then((taken) => this.#note(at, 'timer', 'resume', taken ? 'done' : 'failed'));
  }

  #begin(kept: boolean): void {
    const { services, call, user, ids } = this;
    const session = { call, user, ...ids, startedAt: this.#startedAt };
    this.#changed();
    const recording = new UserRecording(services, session, kept, () => {
      if (recording !== this.#recordings.at(-1)) return;
      this.#changed();
      this.#driver.input({ kind: 'recorder-failed' });
      this.news.lost();
    });
    this.#recordings.push(recording);
    recording.heard(this.#before.splice(0));
    recording.begin(this.#media!);
    if (this.#agreement) recording.agreed(this.#agreement);
  }

  #indicate(mark: RecordMark): void {
    this.#marked += 1;
    const latest = this.#marked;
    const tell = () => {
      if (latest !== this.#marked || this.#mark === mark) return;
      this.#mark = mark;
      this.news.marked();
    };
    if (mark === 'paused') void this.#inForce.then(tell);
    else tell();
  }

  #changed(pausedBy?: RecordingActor): void {
    this.#since = this.services.clock.wall();
    this.#pausedBy = pausedBy;
  }

  #note(at: Date, by: RecordingActor, action: RecordingAction, result: ControlResult): void {
    if (this.#controls.length >= MOST_CONTROLS) return;
    const { id, side } = this.user;
    const place = side === 'caller' ? 'caller' : 'callee';
    this.#controls.push({ at, user: id, side: place, by, action, result });
  }
}

/**
 * What was recorded cannot be taken back from most recorders: RFC 7866 has no word for it. Where it might have to be,
 * nothing is recorded before the user asks.
 */
function modeInForce(user: RecordedUser, recorders: Recorders | undefined): RecordingMode {
  const { mode } = user;
  return mode === 'on-demand-keep' && !recorders?.discards?.(user) ? 'on-demand' : mode;
}
