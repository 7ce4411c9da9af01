import type { MetadataDialect } from '../metadata/dialect';
import type {
  Participant,
  ParticipantSession,
  ParticipantStream,
  RecordingMetadata,
} from '../metadata/model';
import { focusElement } from '../metadata/own-elements';
import type { Conversation } from './conversation';
import { isSame } from './same';

type Party = Conversation['parties'][number];

/** Everything there is to say: a full metadata snapshot, RFC 7866 §9.1. */
export function completeDocument(conversation: Conversation): RecordingMetadata {
  const { groupId, sessionId, sipSessionIds, startedAt, recordedFrom, notices, end } = conversation;
  return {
    mode: 'complete',
    groups: [{ id: groupId, associateTime: startedAt }],
    sessions: [
      {
        id: sessionId,
        sipSessionIds,
        groupId,
        startTime: startedAt,
        stopTime: end?.at,
        reasons: end?.reason && [end.reason],
        notices: notices.length > 0 ? notices : undefined,
      },
    ],
    participants: conversation.parties.map((party) => participantOf(party, conversation)),
    streams: conversation.streams.map(({ id, label }) => ({ id, sessionId, label })),
    sessionRecordings: [{ sessionId, associateTime: recordedFrom, disassociateTime: end?.at }],
    participantSessions: conversation.parties.map((party) =>
      participantSessionOf(party, sessionId),
    ),
    participantStreams: conversation.parties.map((party) =>
      participantStreamOf(party, conversation),
    ),
    extensions: [],
  };
}

/** What has changed since the recorder was told `before`, or everything once something has. */
export function updateDocument(
  before: Conversation,
  now: Conversation,
  form: MetadataDialect['updates'],
): RecordingMetadata | undefined {
  const partial = partialDocument(before, now);
  return partial && form === 'complete' ? completeDocument(now) : partial;
}

/**
 * What has changed since the recorder was told `before`, as a partial update: objects that are new or
 * different, each whole. Undefined when nothing has. A stream is named only when it changed itself, so
 * that most updates hold no label and need no offer (RFC 7866 §9.1).
 */
function partialDocument(before: Conversation, now: Conversation): RecordingMetadata | undefined {
  const told = completeDocument(before);
  const is = completeDocument(now);
  const update: RecordingMetadata = {
    mode: 'partial',
    groups: changed(told.groups, is.groups),
    sessions: changed(told.sessions, is.sessions),
    participants: changed(told.participants, is.participants),
    streams: changed(told.streams, is.streams),
    sessionRecordings: changed(told.sessionRecordings, is.sessionRecordings),
    participantSessions: changed(told.participantSessions, is.participantSessions),
    participantStreams: changed(told.participantStreams, is.participantStreams),
    extensions: [],
  };
  const says = Object.values(update).some((items) => Array.isArray(items) && items.length > 0);
  return says ? update : undefined;
}

/** Both lists are in the order of the conversation, which only ever grows. */
function changed<Item>(before: readonly Item[], now: readonly Item[]): readonly Item[] {
  return now.filter((item, index) => !isSame(item, before[index]));
}

function participantOf(
  { participantId, aor, displayName, focus, label }: Party,
  { streams }: Conversation,
): Participant {
  const stream = streams.find((one) => one.label === label);
  return {
    id: participantId,
    nameIds: [{ aor, name: displayName || undefined }],
    streamId: stream?.id,
    extensions: focus ? [focusElement()] : undefined,
  };
}

function participantSessionOf(party: Party, sessionId: string): ParticipantSession {
  return {
    participantId: party.participantId,
    sessionId,
    associateTime: party.joinedAt,
    disassociateTime: party.leftAt,
  };
}

/**
 * RFC 7865 §6.8: `send` while the party contributes to its stream, `recv` for each other stream it hears;
 * who neither speaks nor hears keeps an association without either.
 *
 * When one side holds, the other is neither heard nor does it send any more (RFC 8068 §3.3.2).
 */
function participantStreamOf(party: Party, { parties, streams }: Conversation): ParticipantStream {
  const present = (one: Party) => one.leftAt === undefined;
  const heardBy = (stream: Conversation['streams'][number]) =>
    parties.filter((one) => present(one) && one.label !== stream.label && !one.holds);
  const sentBy = (stream: Conversation['streams'][number]) =>
    parties.some((one) => present(one) && one.label === stream.label);

  const flowing = streams.filter(
    (stream) => stream.sending && sentBy(stream) && heardBy(stream).length > 0,
  );
  const sends = flowing.filter(({ label }) => present(party) && label === party.label);
  const receives = flowing.filter((stream) => heardBy(stream).includes(party));
  return {
    participantId: party.participantId,
    sends: sends.map(({ id }) => id),
    receives: receives.map(({ id }) => id),
    associateTime: party.joinedAt,
    disassociateTime: party.leftAt,
  };
}
