import {
  isRecordable,
  parseSdp,
  type RecordingWords,
  type RecordPreference,
  recordMarks,
  recordPreferences,
  type SessionDescription,
  type Side,
  strongestMark,
} from '../../media';
import type { RecordingAction } from '../../policy';
import type { Headers, SipMessage } from '../../ua';
import { mediaSide, otherSide } from '../call/leg';
import type { CallSide } from '../call/signals';
import { hasOption } from '../headers';
import type { SessionMedia } from '../media/session-media';
import type { CallRecordings } from './call-recordings';

/** What is known of a party. */
interface Knowledge {
  /** It understands a=record. Undefined until it has said or kept back that it does. */
  readonly aware: boolean | undefined;
  readonly update: boolean;
  /** What it wishes, as it said it last. */
  readonly wish: RecordPreference | undefined;
}

const NOTHING: Knowledge = { aware: undefined, update: false, wish: undefined };

const ACTIONS: Readonly<Partial<Record<RecordPreference, RecordingAction>>> = {
  on: 'start',
  off: 'stop',
  pause: 'pause',
};

const RECORD_AWARE = 'record-aware';

/**
 * What each party of a call is told of its recording, and what it says to it: RFC 7866 §6.1.2, §7.1.2, §7.1.3,
 * §7.3. Each leg stands for itself. A party that supports `record-aware` finds in every description what is true
 * then: of our recordings, and of whatever recorder the other end tells of. A wish (`a=recordpref`) of a recorded user
 * is a command to the user's own recording, and ends here.
 */
export class RecordingNotices {
  readonly #known: Record<CallSide, Knowledge> = { caller: NOTHING, callee: NOTHING };

  constructor(
    private readonly call: {
      readonly recordings: CallRecordings;
      readonly media: SessionMedia;
    },
  ) {}

  /** Another callee is tried. */
  turnTo(): void {
    this.#known.callee = NOTHING;
  }

  /**
   * Takes what a message says of its sender. Resolves when what its description (if it has one) wishes is in force:
   * a pause, when nothing reaches the recorder any more.
   */
  async hear(from: CallSide, message: SipMessage, description: string | undefined): Promise<void> {
    const before = this.#known[from];
    const said = description === undefined ? before.wish : wishIn(description);
    // An offer without a wish takes it back; answers of a phone that puts it into its offers alone do not.
    const wish = said ?? (isRequest(message) ? undefined : before.wish);
    this.#known[from] = {
      aware: awareness(message, before.aware),
      update: message.header('allow')?.toUpperCase().includes('UPDATE') ?? before.update,
      wish,
    };
    const action = wish && wish !== before.wish ? ACTIONS[wish] : undefined;
    const user = this.call.recordings.of(from);
    if (!action || !user) return;
    const done = user.control(action, 'recordpref');
    // A recorder may take its time; a gate does not.
    if (action === 'pause') await done;
  }

  /** An offer holds a wish of a recorded user that was not said before. */
  isWish(from: CallSide, description: string): boolean {
    const wish = wishIn(description);
    return (
      wish !== undefined &&
      wish !== this.#known[from].wish &&
      this.call.recordings.of(from) !== undefined
    );
  }

  wordsFor(to: Side, description: SessionDescription): RecordingWords {
    const reader: CallSide = to === 'a' ? 'caller' : 'callee';
    const { aware } = this.#known[reader];
    const ours = aware ? this.call.recordings.mark : undefined;
    const recorded = description.media.findIndex(isRecordable);
    const theirs = aware === false ? [] : recordMarks(description);
    return {
      marks: description.media.map((_, line) =>
        strongestMark(theirs[line], line === recorded ? ours : undefined),
      ),
      passesPreference: this.call.recordings.of(otherSide(reader)) === undefined,
    };
  }

  /** The side understands what it would be told, and what it was told last is not true any more. */
  owes(side: CallSide): boolean {
    return this.#known[side].aware === true && !this.call.media.tellsTruth(mediaSide(side));
  }

  takesUpdate(side: CallSide): boolean {
    return this.#known[side].update;
  }

  /** The headers of a message for a side: towards a recorded user it is us who understand RFC 7866. */
  supported(side: CallSide, headers: Headers): Headers {
    if (!this.call.recordings.of(side)) return headers;
    const listed = [headers.Supported ?? []].flat().join(', ');
    if (hasOption(listed, RECORD_AWARE)) return headers;
    return { ...headers, Supported: listed === '' ? RECORD_AWARE : `${listed}, ${RECORD_AWARE}` };
  }
}

/** What a description wishes for the line that can be recorded. Absent is no wish. */
function wishIn(text: string): RecordPreference | undefined {
  if (!text.includes('a=recordpref')) return undefined;
  const parsed = parseSdp(text);
  if (!parsed.ok) return undefined;
  return recordPreferences(parsed.value)[parsed.value.media.findIndex(isRecordable)];
}

/**
 * The INVITE and its final answer list everything that a party supports (RFC 3261 §20.37, RFC 7866 §6.3). Other
 * messages may add, but what they leave out is not taken back; nor is it by a re-INVITE that lists nothing.
 */
function awareness(message: SipMessage, before: boolean | undefined): boolean | undefined {
  const supported = message.header('supported');
  if (hasOption(supported, RECORD_AWARE)) return true;
  const invites = /INVITE\s*$/i.test(message.header('cseq') ?? '');
  if (!invites || isProvisional(message)) return before;
  return supported === undefined ? (before ?? false) : false;
}

/** Anything but a response, and an ACK, which may hold an answer. */
function isRequest(message: SipMessage): boolean {
  return !('status' in message) && !/ACK\s*$/i.test(message.header('cseq') ?? '');
}

function isProvisional(message: SipMessage): boolean {
  return 'status' in message && Number(message.status) < 200;
}
