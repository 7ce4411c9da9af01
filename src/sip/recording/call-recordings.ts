import { type Clock, FAULTS, Fault, type FaultCode, type Ids, type Log } from '../../core';
import { type Fork, isHold, isRecordable, type PayloadDescription, type Side } from '../../media';
import type { RecordedUser } from '../../policy';
import type {
  RecordedParty,
  RecordedStream,
  Recording,
  RecordingChange,
  RecordingOutcome,
  RecordingRequest,
  StopReason,
} from '../../siprec';
import type { AgreedLine, Agreement, SessionMedia } from '../media/session-media';
import type { RecordingRecord } from '../record';

/** Who sets recording sessions up; `RecordingClient` of the siprec room is one. */
export interface Recorders {
  /**
   * Takes over the forks of the request, which records `user`. Never throws for what a recorder does.
   * @throws Fault `RECORDER_NOT_CONFIGURED` when the user's provider names none.
   */
  start(request: RecordingRequest, user: RecordedUser): Recording;
}

/** The call as its recordings are told of it. */
export interface RecordedCall {
  readonly id: string;
  /** RFC 7989 Session-ID of the caller's INVITE. */
  readonly sipSessionId: string | undefined;
  readonly parties: Readonly<Record<Side, RecordedParty>>;
}

interface Services {
  readonly recorders: Recorders | undefined;
  readonly forkBind: string;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
}

const SIDES: readonly Side[] = ['a', 'b'];

/** The recordings of one call: one for each recorded user, tied together by a group. */
export class CallRecordings {
  readonly #recordings: readonly UserRecording[];
  #begun = false;

  constructor(services: Services, call: RecordedCall, users: readonly RecordedUser[]) {
    const groupId = services.ids.uuid();
    const sessionId = services.ids.uuid();
    this.#recordings = users.map(
      (user) => new UserRecording(services, call, user, groupId, sessionId),
    );
  }

  /**
   * The call is being answered: from now on what both sides send is kept for the recorder. Returns at once; the
   * recording sessions are set up beside the call.
   */
  begin(media: SessionMedia): void {
    this.#begun = true;
    for (const recording of this.#recordings) recording.begin(media);
  }

  /** Both sides have agreed on something, the first time or anew. */
  agreed(agreement: Agreement): void {
    for (const recording of this.#recordings) recording.agreed(agreement);
  }

  /**
   * Ends every recording; resolves with what became of each, and with none when the call was never answered.
   * Never rejects.
   */
  async end(reason: StopReason): Promise<readonly RecordingRecord[]> {
    if (!this.#begun) return [];
    return Promise.all(this.#recordings.map((recording) => recording.end(reason)));
  }

  /** For a look at the running call. */
  get states(): ReadonlyArray<{ readonly user: string; readonly state: string }> {
    return this.#recordings.map(({ userId, state }) => ({ user: userId, state }));
  }
}

/** One recorded user's recording, from the answer of the call to its end. */
class UserRecording {
  readonly #id: string;
  readonly #side: Side;
  /** Copies that nobody has taken over yet. */
  #forks: Promise<Readonly<Record<Side, Fork>>> | undefined;
  #recording: Recording | undefined;
  #agreement: Agreement | undefined;
  #lineIndex = -1;
  #fault: Fault | undefined;
  #over = false;

  constructor(
    private readonly services: Services,
    private readonly call: RecordedCall,
    private readonly user: RecordedUser,
    private readonly groupId: string,
    private readonly sessionId: string,
  ) {
    this.#id = services.ids.uuid();
    this.#side = user.side === 'caller' ? 'a' : 'b';
    if (!services.recorders) this.#fault = new Fault('RECORDER_NOT_CONFIGURED');
  }

  get userId(): string {
    return this.user.id;
  }

  get state(): string {
    return this.#recording?.state ?? (this.#fault ? 'failed' : 'idle');
  }

  begin(media: SessionMedia): void {
    if (this.#fault || this.#forks) return;
    const line = media.recordable;
    if (!line) return;
    this.#lineIndex = line.index;
    const bind = this.services.forkBind;
    this.#forks = Promise.all(SIDES.map((side) => line.line.fork(side, { bind }))).then(
      ([a, b]) => ({ a: a!, b: b! }),
    );
    // A copy that could not be opened is told of where the recording is started.
    this.#forks.catch(() => {});
  }

  agreed(agreement: Agreement): void {
    const known = this.#agreement !== undefined;
    this.#agreement = agreement;
    if (!known) void this.#start(agreement);
    else this.#recording?.update(this.#change(agreement));
  }

  async end(reason: StopReason): Promise<RecordingRecord> {
    this.#over = true;
    if (!this.#recording) {
      await this.#closeForks();
      return this.#record(undefined);
    }
    return this.#record(await this.#recording.stop(reason));
  }

  async #start(first: Agreement): Promise<void> {
    const { log } = this.services;
    try {
      if (!this.#forks || !this.services.recorders) {
        this.#fault ??= new Fault('NOTHING_RECORDABLE');
        return;
      }
      const forks = await this.#forks;
      const agreement = this.#agreement!;
      const agreed = agreement.lines[this.#lineIndex];
      if (this.#over) return;
      if (!agreed || !isRecordable(agreed.answer)) {
        this.#fault = new Fault('NOTHING_RECORDABLE');
        await this.#closeForks();
        return;
      }
      const request = this.#request(forks, agreement);
      this.#recording = this.services.recorders.start(request, this.user);
      this.#forks = undefined;
      // Put on hold while the copies were opened: a request has no place for who holds.
      if (agreement !== first) this.#recording.update(this.#change(agreement));
    } catch (error) {
      await this.#closeForks();
      this.#fault = error instanceof Fault ? error : new Fault('INTERNAL_ERROR', String(error));
      log.warn({ recording: this.#id, err: error }, 'recording not started');
    }
  }

  #request(forks: Readonly<Record<Side, Fork>>, agreement: Agreement): RecordingRequest {
    const { call, user } = this;
    const own = call.parties[this.#side];
    const recorded = user.name === undefined ? own : { ...own, displayName: user.name };
    const other = call.parties[this.#side === 'a' ? 'b' : 'a'];
    return {
      callId: call.id,
      recordingId: this.#id,
      groupId: this.groupId,
      sessionId: this.sessionId,
      ...(call.sipSessionId !== undefined && { sipSessionId: call.sipSessionId }),
      direction: this.#side === 'a' ? 'out' : 'in',
      recorded,
      others: [other],
      streams: SIDES.map((side) => ({
        ...this.#stream(side, agreement),
        sender: call.parties[side].participantId,
        fork: forks[side],
      })),
      startedAt: this.services.clock.wall(),
    };
  }

  #change(agreement: Agreement): RecordingChange {
    const agreed = agreement.lines[this.#lineIndex];
    return {
      streams: SIDES.map((side) => this.#stream(side, agreement)),
      held: SIDES.filter((side) => agreed && isHold(describedBy(side, agreed, agreement))).map(
        (side) => this.call.parties[side].participantId,
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
    const { user } = this;
    const fault: FaultCode | undefined =
      outcome?.fault?.code ?? this.#fault?.code ?? (outcome ? undefined : 'NOTHING_RECORDABLE');
    return {
      user: user.id,
      side: user.side === 'caller' ? 'caller' : 'callee',
      because: user.provenance.entry,
      recorded: outcome?.recorded ?? 'not',
      fault: outcome?.recorded === 'fully' ? undefined : fault,
      detail: outcome?.reason ?? this.#fault?.message ?? FAULTS[fault!].says,
      recordingId: this.#id,
      recorder: outcome?.target,
      status: outcome?.status,
      startedAt: outcome?.answeredAt,
      endedAt: outcome?.endedAt,
    };
  }
}

function describedBy(side: Side, agreed: AgreedLine, agreement: Agreement) {
  return agreement.offerer === side ? agreed.offer : agreed.answer;
}
