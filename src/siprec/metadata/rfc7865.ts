import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces';
import { METADATA_TYPE } from '../multipart/rs-body';
import type { MetadataDialect } from './dialect';
import { base64OfUuid } from './ids';
import type {
  Association,
  Group,
  Participant,
  ParticipantStream,
  RecordingMetadata,
  Session,
  Stream,
} from './model';
import type { XmlElement } from './xml';
import { anyUri, xmlText } from './xml-text';

/** RFC 7865 §6.11: version 1 of the schema. */
export const RECORDING_NAMESPACE = 'urn:ietf:params:xml:ns:recording:1';

/** Metadata as RFC 7865 §9 defines it: elements in the order of the schema, ids in base64. */
export const rfc7865: MetadataDialect = {
  name: 'rfc7865',
  contentType: METADATA_TYPE,
  write: (metadata) => {
    const root = create({ version: '1.0', encoding: 'UTF-8' }).ele(
      RECORDING_NAMESPACE,
      'recording',
    );
    writeRecording(root, metadata);
    return root.end();
  },
};

function writeRecording(root: XMLBuilder, metadata: RecordingMetadata): void {
  // The schema spells it in lower case, the text of the RFC does not.
  leaf(root, 'datamode', metadata.mode);
  for (const group of metadata.groups) writeGroup(root, group);
  for (const session of metadata.sessions) writeSession(root, session);
  for (const participant of metadata.participants) writeParticipant(root, participant);
  for (const stream of metadata.streams) writeStream(root, stream);
  for (const association of metadata.sessionRecordings) {
    const session_id = base64OfUuid(association.sessionId);
    writeTimes(root.ele('sessionrecordingassoc', { session_id }), association);
  }
  for (const association of metadata.participantSessions) {
    const participant_id = base64OfUuid(association.participantId);
    const session_id = base64OfUuid(association.sessionId);
    writeTimes(root.ele('participantsessionassoc', { participant_id, session_id }), association);
  }
  for (const association of metadata.participantStreams) {
    writeParticipantStream(root, association);
  }
  writeExtensions(root, metadata.extensions);
}

function writeGroup(root: XMLBuilder, group: Group): void {
  const element = root.ele('group', { group_id: base64OfUuid(group.id) });
  writeTimes(element, group);
  writeExtensions(element, group.extensions);
}

function writeSession(root: XMLBuilder, session: Session): void {
  const element = root.ele('session', { session_id: base64OfUuid(session.id) });
  for (const id of session.sipSessionIds ?? []) leaf(element, 'sipSessionID', xmlText(id));
  for (const { cause, protocol, text } of session.reasons ?? []) {
    const attributes = { cause: String(cause), ...(protocol && { protocol: xmlText(protocol) }) };
    element.ele('reason', attributes).txt(xmlText(text));
  }
  if (session.groupId !== undefined) leaf(element, 'group-ref', base64OfUuid(session.groupId));
  if (session.startTime) leaf(element, 'start-time', session.startTime.toISOString());
  if (session.stopTime) leaf(element, 'stop-time', session.stopTime.toISOString());
  writeExtensions(element, session.extensions);
}

function writeParticipant(root: XMLBuilder, participant: Participant): void {
  const element = root.ele('participant', { participant_id: base64OfUuid(participant.id) });
  for (const { aor, name } of participant.nameIds) {
    const nameId = element.ele('nameID', { aor: anyUri(aor) });
    const shown = name === undefined ? '' : xmlText(name);
    if (shown !== '') leaf(nameId, 'name', shown);
  }
  writeExtensions(element, participant.extensions);
}

function writeStream(root: XMLBuilder, stream: Stream): void {
  const element = root.ele('stream', {
    stream_id: base64OfUuid(stream.id),
    ...(stream.sessionId !== undefined && { session_id: base64OfUuid(stream.sessionId) }),
  });
  if (stream.label !== undefined) leaf(element, 'label', xmlText(stream.label));
  writeExtensions(element, stream.extensions);
}

function writeParticipantStream(root: XMLBuilder, association: ParticipantStream): void {
  const participant_id = base64OfUuid(association.participantId);
  const element = root.ele('participantstreamassoc', { participant_id });
  for (const id of association.sends) leaf(element, 'send', base64OfUuid(id));
  for (const id of association.receives) leaf(element, 'recv', base64OfUuid(id));
  writeTimes(element, association);
}

function writeTimes(element: XMLBuilder, { associateTime, disassociateTime }: Association): void {
  if (associateTime) leaf(element, 'associate-time', associateTime.toISOString());
  if (disassociateTime) leaf(element, 'disassociate-time', disassociateTime.toISOString());
}

/** Elements of other namespaces come last in what they extend: `xs:any namespace="##other"`. */
function writeExtensions(parent: XMLBuilder, extensions: readonly XmlElement[] | undefined): void {
  for (const extension of extensions ?? []) {
    const element = parent.ele(extension.namespace, extension.name);
    for (const [name, value] of extension.attributes) element.att(name, xmlText(value));
    if (extension.text !== '') element.txt(xmlText(extension.text));
    writeExtensions(element, extension.children);
  }
}

function leaf(parent: XMLBuilder, name: string, text: string): void {
  parent.ele(name).txt(text);
}
