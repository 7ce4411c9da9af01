import { type RecordMark, strongestMark } from '../../media';
import type { RecordedUser, RecordingAction } from '../../policy';
import type { PlayedAnnouncement, StopReason } from '../../siprec';
import type { SipMessage } from '../../ua';
import { mediaSide } from '../call/leg';
import type { CallSide } from '../call/signals';
import { CallHearing, type HearingServices } from '../hearing/call-hearing';
import type { Agreement } from '../media/agreement';
import type { SessionMedia } from '../media/session-media';
import type {
  ControlAnswer,
  ControlRecord,
  HeardRecord,
  RecordingRecord,
  RecordingStatus,
} from '../record';
import type { Target } from '../routing';
import type { RecordedCall, RecordingServices } from './user-recording';
import { UserRecordings } from './user-recordings';

export type { RecordedCall, Recorders } from './user-recording';

/**
 * The recordings of one call: those of each recorded user, tied together by a group; and what the parties hear of
 * them.
 */
export class CallRecordings {
  /** Called when what the parties are to be told of it has changed. */
  onChanged: () => void = () => {};
  readonly hearing: CallHearing;
  readonly #sessionId: string;
  #users: readonly UserRecordings[] = [];
  /** Where a 3xx has led, as far as the policy was asked. */
  #redirected: Target | undefined;
  #begun = false;

  constructor(
    private readonly services: RecordingServices & HearingServices,
    private readonly call: RecordedCall,
    /** Asks who is recorded; anew when a 3xx leads elsewhere. */
    private readonly decide: (redirected: Target | undefined) => readonly RecordedUser[],
    /** The caller calls in over a trunk. */
    private readonly fromTrunk = false,
    /** Ties the recordings of calls together that are one to those who speak; default one of its own. */
    readonly groupId: string = services.ids.uuid(),
    /** Asks whether a user of this side is known, and never recorded. */
    private readonly forbids: (side: CallSide, redirected: Target | undefined) => boolean = () =>
      false,
  ) {
    this.#sessionId = services.ids.uuid();
    this.hearing = new CallHearing(services, (heard) => this.#tellRecorders(heard));
    this.#cast(decide(undefined));
  }

  /** What is true of the call for all who take part in it (RFC 7866 §7.1.2); undefined when nobody is recorded. */
  get mark(): RecordMark | undefined {
    return strongestMark(...this.#users.map(({ mark }) => mark));
  }

  /** This target is tried: somebody else may be recorded where a 3xx leads, or nobody, at voicemail. */
  towards(target: Target): void {
    const redirected = target.redirectedBy && target;
    if (redirected !== this.#redirected) {
      this.#redirected = redirected;
      this.#cast(this.decide(redirected));
    }
    this.hearing.towards({ trunk: (target.trunk ?? false) || this.fromTrunk });
  }

  /** The caller can hear something before the answer. */
  early(foreseen: Agreement | undefined): void {
    const expected = this.#users.filter(({ beginsAtAnswer }) => beginsAtAnswer);
    this.hearing.early(
      foreseen,
      expected.map(({ user }) => user),
    );
  }

  /**
   * The call is being answered: whoever is recorded from the answer is, from now on. Returns at once; the
   * recording sessions are set up beside the call.
   */
  begin(media: SessionMedia): void {
    this.#begun = true;
    for (const user of this.#users) user.answered(media);
  }

  /**
   * A message of this side has been taken. Before the call is answered it tells who comes into it, later who is
   * there now. True when that is somebody else.
   */
  identified(from: CallSide, message: SipMessage): boolean {
    const { parties } = this.call;
    if (!this.#begun) {
      parties.came(mediaSide(from), message);
      return false;
    }
    const changed = parties.heard(mediaSide(from), message);
    if (changed) for (const user of this.#users) user.partiesChanged();
    return changed;
  }

  /** Both sides have agreed on something, the first time or anew. */
  agreed(agreement: Agreement): void {
    for (const user of this.#users) user.agreed(agreement);
    this.hearing.agreed(agreement);
  }

  /** Those of the user on this side; undefined when nobody is recorded there. */
  of(side: CallSide): UserRecordings | undefined {
    return this.#users.find(({ user }) => (user.side === 'caller' ? 'caller' : 'callee') === side);
  }

  /** Nobody is recorded on this side, and nothing that is asked for there changes that. */
  isForbidden(side: CallSide): boolean {
    return this.of(side) === undefined && this.forbids(side, this.#redirected);
  }

  /** A command from outside the call. `user` may be left out where one alone is recorded. Never rejects. */
  async control(user: string | undefined, action: RecordingAction): Promise<ControlAnswer> {
    const meant = this.#users.filter((one) => user === undefined || one.user.id === user);
    const [first, ...others] = meant;
    if (!first) return 'no-user';
    if (others.some((other) => other.user.id !== first.user.id)) return 'which-user';
    // One who calls oneself is on both sides.
    const results = await Promise.all(meant.map((one) => one.control(action, 'api')));
    return results.find((result) => result !== 'done') ?? 'done';
  }

  /**
   * Ends every recording; resolves with what became of each, and with none when the call was never answered.
   * Never rejects.
   */
  async end(reason: StopReason): Promise<readonly RecordingRecord[]> {
    const ended = await Promise.all(this.#users.map((user) => user.end(reason)));
    return this.#begun ? ended.flat() : [];
  }

  /** For a look at the running call. */
  get states(): readonly RecordingStatus[] {
    return this.#users.map(({ status }) => status);
  }

  /** Those who are recorded; who was before and still is goes on as he or she is. */
  #cast(users: readonly RecordedUser[]): void {
    const before = this.#users;
    this.#users = users.map((user) => before.find((one) => same(one.user, user)) ?? this.#of(user));
    for (const one of before) {
      if (!this.#users.includes(one)) void one.end({ text: 'the call has gone elsewhere' });
    }
    this.hearing.of(this.#users.map(({ user }) => user));
  }

  #of(user: RecordedUser): UserRecordings {
    const { services, call, groupId, hearing } = this;
    const side = user.side === 'caller' ? 'caller' : 'callee';
    const ids = { groupId, sessionId: this.#sessionId };
    return new UserRecordings(services, call, user, ids, {
      marked: () => this.onChanged(),
      recording: (what) => hearing.recording(side, what),
      tone: (on) => hearing.tone(side, on),
      lost: () => hearing.lost(side),
    });
  }

  #tellRecorders(heard: readonly HeardRecord[]): void {
    const announcements = heard.flatMap((one) => playedAnnouncement(one, this.call));
    for (const user of this.#users) user.heard(announcements);
  }

  /** The commands that came, in order, with what they were answered. */
  get controls(): readonly ControlRecord[] {
    const all = this.#users.flatMap(({ controls }) => controls);
    // One may be answered before another that came earlier.
    return all.sort((one, other) => one.at.getTime() - other.at.getTime());
  }
}

function same(one: RecordedUser, other: RecordedUser): boolean {
  return one.id === other.id && one.side === other.side && one.mode === other.mode;
}

/** As recorders are told of it. */
function playedAnnouncement(
  { what, listener, startedAt, endedAt, file, sha256, complete }: HeardRecord,
  { parties }: RecordedCall,
): readonly PlayedAnnouncement[] {
  if (what === 'tone' || !startedAt || !endedAt) return [];
  return [
    {
      kind: 'announcement',
      announcement: what,
      at: startedAt,
      until: endedAt,
      fileName: file ?? '',
      ...(sha256 !== undefined && { sha256 }),
      listeners: [parties[mediaSide(listener)].participantId],
      completed: complete,
    },
  ];
}
