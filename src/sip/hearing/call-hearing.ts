import { type Clock, Driver, Fault, type Log } from '../../core';
import type { PayloadDescription } from '../../media';
import type { RecordedUser } from '../../policy';
import { type Announcement, announce, type Cue, reminder } from '../../tones';
import { mediaSide } from '../call/leg';
import type { CallSide } from '../call/signals';
import type { Agreement } from '../media/agreement';
import type { HeardRecord } from '../record';
import { Choreography, type HearingInput, type HearingOutput } from './choreography';
import { type Stream, streamsTo } from './listeners';
import type { NoticeName } from './notice';
import { mannerOf, narrows, type Reach } from './profile';
import type { Sounds } from './sounds';

export interface HearingServices {
  /** Undefined: nothing is played to anybody. */
  readonly sounds: Sounds | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a party hears now. */
export interface HearingSnapshot {
  readonly listener: CallSide;
  readonly announcement: NoticeName | undefined;
  readonly reminderSeconds: number | undefined;
}

/** Beyond these nothing is written down: a record has an end. Two parties reminded for a day, and more. */
const MOST_HEARD = 20_000;

const SIDES: readonly CallSide[] = ['caller', 'callee'];

type Sounding = Extract<HearingOutput, { kind: 'play' | 'remind' }>;

/** What the parties of one call hear besides each other, and the evidence of it. */
export class CallHearing {
  readonly #choreography: Choreography;
  readonly #driver: Driver<HearingInput, HearingOutput>;
  #users: ReadonlyMap<CallSide, RecordedUser> = new Map();
  readonly #streams: Partial<Record<CallSide, Stream>> = {};
  /** What sounds, or is about to, by id. Stopped before it could begin, it is no announcement yet. */
  readonly #sounding = new Map<number, { stopped: boolean; announcement?: Announcement }>();
  /** What has begun, and will be over soon after it is stopped. */
  readonly #running = new Set<Promise<unknown>>();
  readonly #heard: HeardRecord[] = [];
  /** Announcements that are over and that recorders have not been told of. */
  #untold: HeardRecord[] = [];
  #reach: Reach = 'trunk';

  constructor(
    private readonly services: HearingServices,
    /** Announcements are over: recorders are to know. */
    private readonly onHeard: (announcements: readonly HeardRecord[]) => void,
  ) {
    this.#choreography = new Choreography({
      caller: () => mannerOf(this.#users.get('caller'), this.#reach),
      callee: () => mannerOf(this.#users.get('callee'), this.#reach),
    });
    this.#driver = new Driver(this.#choreography, services.clock, (output) =>
      this.#perform(output),
    );
  }

  /** These are recorded, as things stand before the answer. */
  of(users: readonly RecordedUser[]): void {
    this.#users = new Map(users.map((user) => [sideOf(user), user]));
  }

  /** A target is tried. Over a trunk, or to somebody whom nobody knows, settings for trunk calls hold. */
  towards({ trunk }: { readonly trunk: boolean }): void {
    const known = [...this.#users.values()].every(({ internal }) => internal);
    this.#reach = known && !trunk ? 'internal' : 'trunk';
  }

  /**
   * Which formats offers may have, for something is to be played in them; undefined where all may stay. Depends on
   * where the call goes.
   */
  get narrowing(): ((format: PayloadDescription) => boolean) | undefined {
    const { sounds } = this.services;
    if (!sounds || ![...this.#users.values()].some((user) => narrows(user, this.#reach))) {
      return undefined;
    }
    return (format) => sounds.plays(format);
  }

  /**
   * The caller may hear before the answer, in early media; `expected` are the users whose recording begins with
   * the answer.
   */
  early(agreement: Agreement | undefined, expected: readonly RecordedUser[]): void {
    const early = expected.filter(({ settings }) => settings.announceAt === 'early');
    if (early.length === 0) return;
    this.#listens('caller', streamsTo(agreement).a);
    for (const user of early) this.#driver.input({ kind: 'foretold', by: sideOf(user) });
  }

  /** Both sides have agreed on something, the first time or anew, and the call is answered. */
  agreed(agreement: Agreement): void {
    const streams = streamsTo(agreement);
    for (const side of SIDES) this.#listens(side, streams[mediaSide(side)]);
  }

  recording(by: CallSide, what: NoticeName): void {
    this.#driver.input({ kind: 'recording', by, what });
  }

  tone(by: CallSide, on: boolean): void {
    this.#driver.input({ kind: 'tone', by, on });
  }

  /** No recorder takes the recording of this user, or it was lost. */
  lost(by: CallSide): void {
    this.#driver.input({ kind: 'lost', by });
  }

  /** The call is over. Resolves with all that was heard, when it is known; never rejects. */
  async end(): Promise<readonly HeardRecord[]> {
    this.#driver.input({ kind: 'ended' });
    await Promise.all(this.#running);
    return this.#heard.sort(
      (one, other) => Number(one.startedAt ?? 0) - Number(other.startedAt ?? 0),
    );
  }

  /** Of each party that hears something now. */
  get snapshot(): readonly HearingSnapshot[] {
    return SIDES.flatMap((listener) => {
      const announcement = this.#choreography.hears(listener);
      const reminderMs = this.#choreography.reminded(listener);
      if (announcement === undefined && reminderMs === undefined) return [];
      const reminderSeconds = reminderMs === undefined ? undefined : reminderMs / 1000;
      return [{ listener, announcement, reminderSeconds }];
    });
  }

  #listens(side: CallSide, stream: Stream | undefined): void {
    if (!this.services.sounds) return;
    this.#streams[side] = stream;
    this.#driver.input({ kind: 'listens', side, stream: stream?.key });
  }

  #perform(output: HearingOutput): void {
    if (output.kind === 'stop') {
      const sounding = this.#sounding.get(output.id);
      if (!sounding) return;
      sounding.stopped = true;
      sounding.announcement?.stop();
      return;
    }
    void this.#sound(output);
  }

  /** Plays it from its beginning to its end. Never rejects. */
  async #sound(output: Sounding): Promise<void> {
    const { id, side } = output;
    const sounding: { stopped: boolean; announcement?: Announcement } = { stopped: false };
    this.#sounding.set(id, sounding);
    const stream = this.#streams[side]!;
    let over: HearingInput = { kind: 'over', id };
    try {
      const cue = await this.#cue(output, stream);
      if (sounding.stopped) return;
      const announcement = await this.#begun(output, stream, cue);
      sounding.announcement = announcement;
      if (sounding.stopped) announcement.stop();
      const noted = announcement.done.then((evidence) => this.#note(output, cue, evidence));
      this.#running.add(noted);
      await noted;
      this.#running.delete(noted);
    } catch (error) {
      if (!sounding.stopped) this.#noteFailure(output, error);
      over = { kind: 'impossible', id };
    } finally {
      this.#sounding.delete(id);
      this.#driver.input(over);
      this.#tellRecorders();
    }
  }

  #cue(output: Sounding, { formats }: Stream): Promise<Cue> {
    const { settings } = this.#users.get(output.by)!;
    const sounds = this.services.sounds!;
    const isPrompt = output.kind === 'play' && output.how === 'prompt';
    return isPrompt
      ? sounds.prompt(output.what, settings, formats)
      : sounds.tone(settings, formats);
  }

  #begun(output: Sounding, { line, formats }: Stream, cue: Cue): Promise<Announcement> {
    const listeners = [{ side: mediaSide(output.side), formats }];
    if (output.kind === 'remind') {
      const { everyMs, firstAfterMs } = output;
      return reminder(line, listeners, cue, everyMs / 1000, firstAfterMs / 1000);
    }
    return announce(line, listeners, cue, output.how === 'beep' ? 'mix' : 'replace');
  }

  #note(output: Sounding, { fileName }: Cue, evidence: Awaited<Announcement['done']>): void {
    for (const { startedAt, endedAt, complete, fileHash } of evidence) {
      this.#keep({
        what: whatOf(output),
        listener: output.side,
        startedAt,
        endedAt,
        complete,
        file: fileName,
        sha256: fileHash,
        fault: undefined,
        detail: undefined,
      });
    }
  }

  #noteFailure(output: Sounding, error: unknown): void {
    const fault = error instanceof Fault ? error : new Fault('INTERNAL_ERROR', String(error));
    const what = whatOf(output);
    this.services.log.warn(
      { what, listener: output.side, fault: fault.code, err: error },
      'not announced',
    );
    this.#keep({
      what,
      listener: output.side,
      startedAt: undefined,
      endedAt: undefined,
      complete: false,
      file: undefined,
      sha256: undefined,
      fault: fault.code,
      detail: fault.message,
    });
  }

  #keep(record: HeardRecord): void {
    if (this.#heard.length >= MOST_HEARD) return;
    this.#heard.push(record);
    if (record.what !== 'tone' && record.startedAt) this.#untold.push(record);
  }

  /** Once for both parties, whose announcements are over at the same time. */
  #tellRecorders(): void {
    if (this.#untold.length === 0 || SIDES.some((side) => this.#choreography.hears(side))) return;
    const untold = this.#untold;
    this.#untold = [];
    this.onHeard(untold);
  }
}

function whatOf(output: Sounding): HeardRecord['what'] {
  return output.kind === 'play' ? output.what : 'tone';
}

function sideOf({ side }: RecordedUser): CallSide {
  return side === 'caller' ? 'caller' : 'callee';
}
