import { METADATA_TYPE } from '../multipart/rs-body';
import { broadworksData } from './broadworks-data';
import type { CallFacts } from './call-facts';
import type { MetadataDialect } from './dialect';
import { base64OfUuid } from './ids';
import type {
  Association,
  Group,
  Participant,
  ParticipantSession,
  ParticipantStream,
  RecordingMetadata,
  Session,
  SessionRecording,
  Stream,
} from './model';
import { callElement, noticeElement } from './own-elements';
import type { XmlElement } from './xml';
import { anyUri, xmlText } from './xml-text';
import {
  each,
  element,
  escaped,
  foreign,
  joined,
  leaf,
  type Markup,
  xmlDocument,
} from './xml-write';

/** RFC 7865 §6.11: version 1 of the schema. */
const RECORDING_NAMESPACE = 'urn:ietf:params:xml:ns:recording:1';

/** Metadata as RFC 7865 §9 defines it: elements in the order of the schema, ids in base64. */
export const rfc7865: MetadataDialect = {
  name: 'rfc7865',
  contentType: METADATA_TYPE,
  first: 'description',
  updates: 'partial',
  contact: '+sip.src',
  headers: () => ({}),
  write: (metadata, facts) => xmlDocument(recording(metadata, facts)),
};

function recording(metadata: RecordingMetadata, facts: CallFacts): Markup {
  return element(
    'recording',
    { xmlns: RECORDING_NAMESPACE },
    // The schema spells it in lower case, the text of the RFC does not.
    leaf('datamode', metadata.mode),
    each(metadata.groups, group),
    each(metadata.sessions, (one) => session(one, facts)),
    each(metadata.participants, participant),
    each(metadata.streams, stream),
    each(metadata.sessionRecordings, sessionRecording),
    each(metadata.participantSessions, participantSession),
    each(metadata.participantStreams, participantStream),
    extensions(metadata.extensions),
  );
}

function group(one: Group): Markup {
  return element(
    'group',
    { group_id: base64OfUuid(one.id) },
    times(one),
    extensions(one.extensions),
  );
}

function session(one: Session, facts: CallFacts): Markup {
  return element(
    'session',
    { session_id: base64OfUuid(one.id) },
    each(one.sipSessionIds ?? [], (id) => leaf('sipSessionID', id)),
    each(one.reasons ?? [], ({ cause, protocol, text }) =>
      element('reason', { cause: String(cause), protocol: protocol || undefined }, escaped(text)),
    ),
    leaf('group-ref', one.groupId === undefined ? undefined : base64OfUuid(one.groupId)),
    leaf('start-time', one.startTime?.toISOString()),
    leaf('stop-time', one.stopTime?.toISOString()),
    extensions([
      callElement(facts),
      ...(facts.account ? [broadworksData(facts)] : []),
      ...(one.notices ?? []).map((notice) => noticeElement(notice, base64OfUuid)),
      ...(one.extensions ?? []),
    ]),
  );
}

function participant(one: Participant): Markup {
  return element(
    'participant',
    { participant_id: base64OfUuid(one.id) },
    each(one.nameIds, ({ aor, name = '' }) =>
      element('nameID', { aor: anyUri(aor) }, leaf('name', xmlText(name) || undefined)),
    ),
    extensions(one.extensions),
  );
}

function stream(one: Stream): Markup {
  const session_id = one.sessionId === undefined ? undefined : base64OfUuid(one.sessionId);
  return element(
    'stream',
    { stream_id: base64OfUuid(one.id), session_id },
    leaf('label', one.label),
    extensions(one.extensions),
  );
}

function sessionRecording(one: SessionRecording): Markup {
  return element('sessionrecordingassoc', { session_id: base64OfUuid(one.sessionId) }, times(one));
}

function participantSession(one: ParticipantSession): Markup {
  const participant_id = base64OfUuid(one.participantId);
  const session_id = base64OfUuid(one.sessionId);
  return element('participantsessionassoc', { participant_id, session_id }, times(one));
}

function participantStream(one: ParticipantStream): Markup {
  return element(
    'participantstreamassoc',
    { participant_id: base64OfUuid(one.participantId) },
    each(one.sends, (id) => leaf('send', base64OfUuid(id))),
    each(one.receives, (id) => leaf('recv', base64OfUuid(id))),
    times(one),
  );
}

function times({ associateTime, disassociateTime }: Association): Markup | undefined {
  const associated = leaf('associate-time', associateTime?.toISOString());
  const disassociated = leaf('disassociate-time', disassociateTime?.toISOString());
  if (associated === undefined) return disassociated;
  return disassociated === undefined ? associated : joined(associated, disassociated);
}

/** Elements of other namespaces come last in what they extend: `xs:any namespace="##other"`. */
function extensions(elements: readonly XmlElement[] = []): Markup {
  return each(elements, (one) => foreign(one, RECORDING_NAMESPACE));
}
