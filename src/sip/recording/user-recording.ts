import { type Clock, FAULTS, Fault, type FaultCode, type Ids, type Log } from '../../core';
import { type Fork, isHold, isRecordable, type PayloadDescription, type Side } from '../../media';
import type { RecordedUser } from '../../policy';
import type {
  PlayedAnnouncement,
  RecordedParty,
  RecordedStream,
  Recording,
  RecordingChange,
  RecordingOutcome,
  RecordingPart,
  RecordingRequest,
  StopReason,
} from '../../siprec';
import type { AgreedLine, Agreement } from '../media/agreement';
import type { SessionMedia } from '../media/session-media';
import type { RecordingPartRecord, RecordingRecord } from '../record';
import type { Participants } from './participants';

/** Who sets recording sessions up; `RecordingClient` of the siprec room is one. */
export interface Recorders {
  /**
   * Takes over the forks of the request, which records `user`. Never throws for what a recorder does.
   * @throws Fault `RECORDER_NOT_CONFIGURED` when the user's provider names none.
   */
  start(request: RecordingRequest, user: RecordedUser): Recording;
  /** Whether the user's recorder deletes a provisional recording at its end. By default none does. */
  discards?(user: RecordedUser): boolean;
}

/** The call as its recordings are told of it. */
export interface RecordedCall {
  readonly id: string;
  /** RFC 7989 Session-ID of the caller's INVITE. */
  readonly sipSessionId: string | undefined;
  /** As they are now. */
  readonly parties: Participants;
}

/** What all recordings of a user in a call have in common. */
export interface RecordedSession {
  readonly call: RecordedCall;
  readonly user: RecordedUser;
  readonly groupId: string;
  readonly sessionId: string;
  /** When the call was answered. */
  readonly startedAt: Date;
}

export interface RecordingServices {
  readonly recorders: Recorders | undefined;
  readonly forkBind: string;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
}

const SIDES: readonly Side[] = ['a', 'b'];

/** One recording of a recorded user: from the answer of the call or the user's start to their end. */
export class UserRecording {
  /** Resolves with whether the recorder has accepted the recording. Never rejects. */
  readonly established: Promise<boolean>;
  readonly #id: string;
  readonly #side: Side;
  /** Copies that nobody has taken over yet. */
  #forks: Promise<Readonly<Record<Side, Fork>>> | undefined;
  #recording: Recording | undefined;
  #agreement: Agreement | undefined;
  #lineIndex = -1;
  #fault: Fault | undefined;
  #kept: boolean;
  /** Paused, by whom; before the recorder is invited too. */
  #pausedBy: string | undefined;
  #ended: Promise<RecordingRecord> | undefined;
  /** Heard before the recorder was invited. */
  readonly #announcements: PlayedAnnouncement[] = [];
  #onEstablished: (accepted: boolean) => void = () => {};

  /**
   * `kept`: not to be deleted at its end whatever the user asks. `onLost` is told when no recorder takes the recording, or it is
   * lost before its end.
   */
  constructor(
    private readonly services: RecordingServices,
    private readonly session: RecordedSession,
    kept: boolean,
    private readonly onLost: () => void,
  ) {
    this.#id = services.ids.uuid();
    this.#kept = kept;
    this.#side = session.user.side === 'caller' ? 'a' : 'b';
    this.established = new Promise((resolve) => {
      this.#onEstablished = resolve;
    });
  }

  get state(): string {
    return this.#recording?.state ?? (this.#fault ? 'failed' : 'idle');
  }

  /** From now on what both sides send is kept for the recorder, who is invited once they have agreed. */
  begin(media: SessionMedia): void {
    const line = recordableLine(media);
    if (!this.services.recorders) this.#fail(new Fault('RECORDER_NOT_CONFIGURED'));
    else if (!line) this.#fail(new Fault('NOTHING_RECORDABLE'));
    else {
      this.#lineIndex = line.index;
      const bind = this.services.forkBind;
      this.#forks = Promise.all(SIDES.map((side) => line.line.fork(side, { bind }))).then(
        ([a, b]) => ({ a: a!, b: b! }),
      );
      // A copy that could not be opened is told of where the recording is started.
      this.#forks.catch(() => {});
    }
  }

  agreed(agreement: Agreement): void {
    const known = this.#agreement !== undefined;
    this.#agreement = agreement;
    if (!known) void this.#start(agreement);
    else this.#recording?.update(this.#change(agreement));
  }

  /** The recorder is told of it: in its INVITE, or by an update. */
  heard(announcements: readonly PlayedAnnouncement[]): void {
    if (announcements.length === 0) return;
    if (this.#recording) this.#recording.update({ announcements });
    else this.#announcements.push(...announcements);
  }

  /** Somebody else is on a side of the call now. */
  partiesChanged(): void {
    if (!this.#agreement || !this.#recording) return;
    this.#recording.update({
      recorded: this.#own,
      participants: [this.#other],
      ...this.#change(this.#agreement),
    });
  }

  /** The user wants it kept. */
  keep(): void {
    this.#kept = true;
    this.#recording?.keep();
  }

  /** Resolves when no packet can reach the recorder any more; the recorder is told afterwards. */
  async pause(by: string): Promise<void> {
    this.#pausedBy = by;
    if (!this.#recording) await this.#gate();
    // The copies may have been taken over in the meantime.
    await this.#recording?.pause(by);
  }

  /** Resolves when the recorder has been told and audio flows again, or when it has ended. */
  async resume(by: string): Promise<void> {
    this.#pausedBy = undefined;
    await (this.#recording ? this.#recording.resume(by) : this.#ungate());
  }

  /** Resolves with what became of it. Never rejects; safe to call twice. */
  end(reason: StopReason): Promise<RecordingRecord> {
    this.#ended ??= this.#end(reason);
    return this.#ended;
  }

  async #end(reason: StopReason): Promise<RecordingRecord> {
    if (this.#recording) return this.#record(await this.#recording.stop(reason));
    if (reason.fault) this.#fault ??= new Fault(reason.fault);
    this.#onEstablished(false);
    await this.#closeForks();
    return this.#record(undefined);
  }

  async #start(first: Agreement): Promise<void> {
    const { log } = this.services;
    try {
      if (!this.#forks || !this.services.recorders) return;
      const forks = await this.#forks;
      const agreement = this.#agreement!;
      const agreed = agreement.lines[this.#lineIndex];
      if (this.#ended) return;
      if (!agreed || !isRecordable(agreed.answer)) throw new Fault('NOTHING_RECORDABLE');
      const request = this.#request(forks, agreement);
      const recording = this.services.recorders.start(request, this.session.user);
      this.#recording = recording;
      this.#forks = undefined;
      if (this.#pausedBy !== undefined) void recording.pause(this.#pausedBy);
      // Put on hold while the copies were opened: a request has no place for who holds.
      if (agreement !== first) recording.update(this.#change(agreement));
      void recording.established.then(this.#onEstablished);
      void recording.outcome.then(() => {
        if (!this.#ended) this.onLost();
      });
    } catch (error) {
      await this.#closeForks();
      this.#fail(error instanceof Fault ? error : new Fault('INTERNAL_ERROR', String(error)));
      log.warn({ recording: this.#id, err: error }, 'recording not started');
    }
  }

  #fail(fault: Fault): void {
    this.#fault = fault;
    this.#onEstablished(false);
    this.onLost();
  }

  #request(forks: Readonly<Record<Side, Fork>>, agreement: Agreement): RecordingRequest {
    const { call, groupId, sessionId, startedAt } = this.session;
    return {
      callId: call.id,
      recordingId: this.#id,
      groupId,
      sessionId,
      sipSessionId: call.sipSessionId,
      direction: this.#side === 'a' ? 'out' : 'in',
      recorded: this.#own,
      others: [this.#other],
      streams: SIDES.map((side) => {
        const { label, codecs, sending } = this.#stream(side, agreement);
        const sender = call.parties[side].participantId;
        return { label, codecs, sending, sender, fork: forks[side] };
      }),
      startedAt,
      announcements: this.#announcements,
      provisional: this.#kept ? undefined : true,
    };
  }

  /** On the user's side, the user as the settings name it; or who has taken the user's place. */
  get #own(): RecordedParty {
    const { call, user } = this.session;
    const own = call.parties[this.#side];
    const isUser = user.name !== undefined && call.parties.isFirst(this.#side);
    return isUser ? { ...own, displayName: user.name } : own;
  }

  get #other(): RecordedParty {
    return this.session.call.parties[this.#side === 'a' ? 'b' : 'a'];
  }

  #change(agreement: Agreement): RecordingChange {
    const agreed = agreement.lines[this.#lineIndex];
    return {
      streams: SIDES.map((side) => this.#stream(side, agreement)),
      held: SIDES.filter((side) => agreed && isHold(describedBy(side, agreed, agreement))).map(
        (side) => this.session.call.parties[side].participantId,
      ),
    };
  }

  #stream(side: Side, agreement: Agreement): Pick<RecordedStream, 'label' | 'codecs' | 'sending'> {
    const terms = agreement.lines[this.#lineIndex]?.terms;
    const offers = agreement.offerer === side;
    const codecs: readonly PayloadDescription[] =
      (offers ? terms?.toAnswerer : terms?.toOfferer) ?? [];
    return {
      label: side === this.#side ? '1' : '2',
      codecs,
      sending: (offers ? terms?.offererSends : terms?.answererSends) ?? false,
    };
  }

  async #gate(): Promise<void> {
    try {
      const { a, b } = (await this.#forks) ?? {};
      if (this.#pausedBy !== undefined) await Promise.all([a?.pause(), b?.pause()]);
    } catch {
      // What could not be opened lets nothing through; what cannot be paused may not go on.
      await this.#closeForks();
    }
  }

  async #ungate(): Promise<void> {
    const { a, b } = (await this.#forks?.catch(() => undefined)) ?? {};
    if (this.#pausedBy !== undefined || this.#recording) return;
    a?.resume();
    b?.resume();
  }

  async #closeForks(): Promise<void> {
    const forks = this.#forks;
    this.#forks = undefined;
    try {
      const { a, b } = (await forks) ?? {};
      await Promise.all([a?.close(), b?.close()]);
    } catch {
      // What could not be opened needs no closing.
    }
  }

  #record(outcome: RecordingOutcome | undefined): RecordingRecord {
    const { user } = this.session;
    const fault: FaultCode | undefined =
      outcome?.fault?.code ?? this.#fault?.code ?? (outcome ? undefined : 'NOTHING_RECORDABLE');
    return {
      user: user.id,
      side: user.side === 'caller' ? 'caller' : 'callee',
      because: user.provenance.entry,
      recorded: outcome?.recorded ?? 'not',
      kept: this.#kept,
      fault: outcome?.recorded === 'fully' ? undefined : fault,
      detail: outcome?.reason ?? this.#fault?.message ?? FAULTS[fault!].says,
      recordingId: this.#id,
      recorder: outcome?.target,
      status: outcome?.status,
      startedAt: outcome?.answeredAt,
      endedAt: outcome?.endedAt,
      parts: (outcome?.parts ?? []).map(partRecord),
    };
  }
}

function partRecord(part: RecordingPart): RecordingPartRecord {
  const { target: recorder, recordingId, status, recorderCallId, answeredAt } = part;
  const { from, endedAt, heardAt, fault, detail } = part;
  const startedAt = answeredAt;
  return {
    recorder,
    recordingId,
    status,
    recorderCallId,
    startedAt,
    from,
    endedAt,
    heardAt,
    fault,
    detail,
  };
}

/** What both sides have agreed on, or before that what has been offered. */
function recordableLine(media: SessionMedia): SessionMedia['recordable'] {
  const { agreement } = media;
  if (!agreement) return media.recordable;
  const index = agreement.lines.findIndex(({ line, answer }) => line && isRecordable(answer));
  const line = agreement.lines[index]?.line;
  return line && { index, line };
}

function describedBy(side: Side, agreed: AgreedLine, agreement: Agreement) {
  return agreement.offerer === side ? agreed.offer : agreed.answer;
}
