import { formatNameAddr, type Headers, parseSipUri } from '../../ua';
import { METADATA_TYPE } from '../multipart/rs-body';
import { broadworksData, userOf } from './broadworks-data';
import type { CallFacts } from './call-facts';
import type { MetadataDialect } from './dialect';
import type { Participant, RecordingMetadata, Session, Stream } from './model';
import { callElement, noticeElement, OWN_NAMESPACE } from './own-elements';
import { xmlText } from './xml-text';
import { element, foreign, leaf, type Markup, xmlDocument } from './xml-write';

const NAMESPACE = 'urn:ietf:params:xml:ns:siprec';

/**
 * What Cisco BroadWorks and Webex Calling send, and recorders made for them take: the metadata of an early draft,
 * everything each time and before the description, with an extension for the account.
 *
 * Where RFC 7866 demands more than they do, it is done: `+sip.src` beside their `src`, `Require: siprec`.
 */
export const broadworks: MetadataDialect = {
  name: 'broadworks',
  contentType: METADATA_TYPE,
  first: 'metadata',
  updates: 'complete',
  contact: '+sip.src;src',
  headers: (facts) => ({
    ...fromOf(facts),
    'X-BroadWorks-Correlation-Info': facts.correlationId,
  }),
  write: (metadata, facts) => xmlDocument(recordingMetadata(metadata, facts)),
};

function recordingMetadata(metadata: RecordingMetadata, facts: CallFacts): Markup {
  const recording = urn(facts.recordingId);
  return element(
    'recording_metadata',
    { xmlns: NAMESPACE },
    leaf('dataMode', metadata.mode),
    element('recording', { id: recording }, leaf('requestor', 'SRC'), leaf('type', 'selective')),
    ...metadata.groups.map(({ id }) =>
      element('group', { id: urn(id), recording }, leaf('initiator', userOf(facts))),
    ),
    ...metadata.sessions.map(session),
    ...metadata.participants
      .filter(({ id }) => tookPartToTheLast(id, metadata))
      .map((one) => participant(one, metadata, facts)),
    ...metadata.streams.map(stream),
    ...metadata.sessions.map((one) => extensionData(one, facts)),
  );
}

function session({ id, groupId, startTime, stopTime }: Session): Markup {
  return element(
    'session',
    { id: urn(id), group: groupId === undefined ? undefined : urn(groupId) },
    leaf('start-time', startTime && timeOf(startTime)),
    leaf('stop-time', stopTime && timeOf(stopTime)),
  );
}

/**
 * `send` is the stream on which the party is heard, also while it is silent, for recorders find the owner of an
 * m-line by it; `recv`, which the draft has and BroadWorks never sends, is what it hears: during a hold nothing.
 */
function participant(
  { id, nameIds, streamId, extensions = [] }: Participant,
  told: RecordingMetadata,
  facts: CallFacts,
): Markup {
  const [nameId] = nameIds;
  const isRecorded = id === facts.recorded.participantId;
  const heard = told.participantStreams.find(({ participantId }) => participantId === id);
  const sessionId = told.participantSessions.find(({ participantId }) => participantId === id);
  return element(
    'participant',
    { id: urn(id), session: sessionId && urn(sessionId.sessionId) },
    leaf('aor', isRecorded ? userOf(facts) : nameId?.aor),
    streamId === undefined ? undefined : element('send', {}, leaf('id', urn(streamId))),
    ...(heard?.receives ?? []).map((stream) => element('recv', {}, leaf('id', urn(stream)))),
    nameId?.name ? foreign(nameElement(nameId.name), NAMESPACE) : undefined,
    ...extensions.map((one) => foreign(one, NAMESPACE)),
  );
}

/** BroadWorks tells no name but the one in From. */
function nameElement(name: string) {
  return { name: 'name', namespace: OWN_NAMESPACE, attributes: [], children: [], text: name };
}

function stream({ id, sessionId, label }: Stream): Markup {
  return element(
    'stream',
    { id: urn(id), session: sessionId === undefined ? undefined : urn(sessionId) },
    leaf('label', label),
    leaf('mode', 'separate'),
  );
}

function extensionData({ id, notices = [] }: Session, facts: CallFacts): Markup {
  const elements = [
    broadworksData(facts),
    callElement(facts),
    ...notices.map((notice) => noticeElement(notice, urn)),
  ];
  return element(
    'extensiondata',
    { id: urn(facts.extensionId), parent: urn(id) },
    ...elements.map((one) => foreign(one, NAMESPACE)),
  );
}

/** The form has no place for who left before; at the end everybody leaves. */
function tookPartToTheLast(participant: string, told: RecordingMetadata): boolean {
  const taking = told.participantSessions.find(
    ({ participantId }) => participantId === participant,
  );
  const left = taking?.disassociateTime;
  if (left === undefined) return true;
  return told.sessions.some(({ stopTime }) => stopTime !== undefined && left >= stopTime);
}

/** Whole seconds, with an offset in digits. */
function timeOf(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, '+00:00');
}

function urn(uuid: string): string {
  return `urn:uuid:${uuid}`;
}

/** The recorded user, by name and number at our address, as BroadWorks puts it. */
function fromOf({ recorded }: CallFacts): Headers {
  const user = /^tel:/i.test(recorded.aor)
    ? recorded.aor.slice('tel:'.length)
    : parseSipUri(recorded.aor)?.user;
  const [plain = ''] = user?.split(';', 1) ?? [];
  if (!USER.test(plain)) return {};
  const display = quoted(recorded.displayName ?? '');
  return { From: formatNameAddr({ display, uri: `sip:${plain}@localhost`, params: '' }) };
}

/** RFC 3261 §25.1: what a user part may hold without parameters of its own. */
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,?/]|%[0-9A-Fa-f]{2})+$/;

/** A quoted string of RFC 3261 §25.1, '' of nothing. */
function quoted(name: string): string {
  const shown = xmlText(name)
    .replace(/\p{Cc}/gu, ' ')
    .trim();
  return shown === '' ? '' : `"${shown.replace(/["\\]/g, '\\$&')}"`;
}
