import type { Notice, Reason } from '../metadata/model';
import type { Label, RecordedParty, RecordingChange, StopReason } from './recording';

/**
 * The communication session as its recording sees it, at one moment: who is or was in it and who is heard
 * on which stream. A value: each change makes another, so that what the recorder was told can be compared
 * with what is.
 */
export interface Conversation {
  readonly groupId: string;
  readonly sessionId: string;
  readonly sipSessionIds: readonly string[];
  readonly startedAt: Date;
  /** From when on the recorder of now has it; the session may be older. */
  readonly recordedFrom: Date;
  readonly parties: readonly Party[];
  readonly streams: readonly ConversationStream[];
  readonly notices: readonly Notice[];
  readonly end: { readonly at: Date; readonly reason: Reason | undefined } | undefined;
}

/** How a party takes part. */
interface Presence {
  readonly joinedAt: Date;
  readonly leftAt: Date | undefined;
  /** Has put the others on hold: hears nobody. */
  readonly holds: boolean;
}

interface Party extends RecordedParty, Presence {
  /** On the recorded user's side of the call. */
  readonly own: boolean;
  /** The stream on which the party is heard; none when that is not recorded. */
  readonly label: Label | undefined;
}

interface ConversationStream {
  /** UUID of the stream, the same at every recorder. */
  readonly id: string;
  readonly label: Label;
  /** False while signalling says that nobody sends on it. */
  readonly sending: boolean;
}

export interface ConversationStart {
  readonly groupId: string;
  readonly sessionId: string;
  readonly sipSessionIds: readonly string[];
  readonly startedAt: Date;
  readonly recordedFrom: Date;
  readonly recorded: RecordedParty;
  readonly others: readonly RecordedParty[];
  readonly announcements?: readonly Notice[];
  readonly streams: ReadonlyArray<ConversationStream & { readonly sender: string }>;
}

export function conversationOf(start: ConversationStart): Conversation {
  const { groupId, sessionId, sipSessionIds, startedAt, recordedFrom } = start;
  const { recorded, others, streams, announcements: notices = [] } = start;
  const own = streams.find(({ sender }) => sender === recorded.participantId)?.label;
  const theirs = streams.find(({ label }) => label !== own)?.label;
  const came = { joinedAt: startedAt, leftAt: undefined, holds: false };
  return {
    groupId,
    sessionId,
    sipSessionIds,
    startedAt,
    recordedFrom,
    parties: [
      partyOf(recorded, true, came, own),
      ...others.map((other) => partyOf(other, false, came, theirs)),
    ],
    streams: streams.map(({ id, label, sending }) => ({ id, label, sending })),
    notices,
    end: undefined,
  };
}

/** The same, of which a recorder is told who has it only from now on. */
export function recordedFrom(before: Conversation, at: Date): Conversation {
  return { ...before, recordedFrom: at };
}

/** The conversation after a change of the call. */
export function changedBy(
  { streams, recorded, participants, held, announcements }: RecordingChange,
  before: Conversation,
  at: Date,
): Conversation {
  let now = before;
  for (const { label, sending } of streams ?? []) {
    if (sending !== undefined) now = withSending(now, label, sending);
  }
  if (recorded) now = withSide(now, true, [recorded], at);
  if (participants) now = withSide(now, false, participants, at);
  if (held) now = withHolders(now, held);
  if (announcements) now = withNotices(now, announcements);
  return now;
}

/** So many are told: the last ones, for every update tells them all. */
const MOST_NOTICES = 100;

export function withNotices(before: Conversation, notices: readonly Notice[]): Conversation {
  if (notices.length === 0) return before;
  return { ...before, notices: [...before.notices, ...notices].slice(-MOST_NOTICES) };
}

/** The last resumption has not come about. */
export function withoutResumption(before: Conversation): Conversation {
  const last = before.notices.findLastIndex(
    (one) => one.kind === 'action' && one.action === 'resume',
  );
  return last < 0 ? before : { ...before, notices: before.notices.filter((_, i) => i !== last) };
}

/** Over: nobody takes part any more. */
export function ended(before: Conversation, at: Date, why: StopReason): Conversation {
  const { cause, protocol, text } = why;
  const reason = cause === undefined ? undefined : { cause, text, ...(protocol && { protocol }) };
  const { groupId, sessionId, sipSessionIds, startedAt, recordedFrom, streams, notices } = before;
  const parties = before.parties.map((party) => {
    const { joinedAt, holds } = party;
    const presence = { joinedAt, leftAt: party.leftAt ?? at, holds };
    return partyOf(party, party.own, presence, party.label);
  });
  return {
    groupId,
    sessionId,
    sipSessionIds,
    startedAt,
    recordedFrom,
    parties,
    streams,
    notices,
    end: { at, reason },
  };
}

/** The parties on a side are these from now on: who is missing has left, who is new has come. */
function withSide(
  conversation: Conversation,
  own: boolean,
  present: readonly RecordedParty[],
  at: Date,
): Conversation {
  const ownLabel = conversation.parties[0]?.label;
  const label = own
    ? ownLabel
    : conversation.streams.find((stream) => stream.label !== ownLabel)?.label;
  const now = new Map(present.map((party) => [party.participantId, party]));
  const known = conversation.parties.map((party): Party => {
    if (party.own !== own) return party;
    const still = now.get(party.participantId);
    now.delete(party.participantId);
    if (!still) return party.leftAt ? party : { ...party, leftAt: at, holds: false };
    const joinedAt = party.leftAt ? at : party.joinedAt;
    return partyOf(still, own, { joinedAt, leftAt: undefined, holds: party.holds }, label);
  });
  const came = { joinedAt: at, leftAt: undefined, holds: false };
  const joined = [...now.values()].map((party) => partyOf(party, own, came, label));
  return { ...conversation, parties: [...known, ...joined] };
}

function partyOf(
  { participantId, aor, displayName, focus }: RecordedParty,
  own: boolean,
  { joinedAt, leftAt, holds }: Presence,
  label: Label | undefined,
): Party {
  return { participantId, aor, displayName, focus, own, joinedAt, leftAt, holds, label };
}

/** Exactly these participants hold the call from now on. */
function withHolders(conversation: Conversation, holders: readonly string[]): Conversation {
  const parties = conversation.parties.map((party) => ({
    ...party,
    holds: party.leftAt === undefined && holders.includes(party.participantId),
  }));
  return { ...conversation, parties };
}

function withSending(conversation: Conversation, label: Label, sending: boolean): Conversation {
  const streams = conversation.streams.map((stream) =>
    stream.label === label ? { ...stream, sending } : stream,
  );
  return { ...conversation, streams };
}
