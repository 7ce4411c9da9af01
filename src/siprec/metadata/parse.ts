import type {
  Association,
  NameId,
  Participant,
  ParticipantSession,
  ParticipantStream,
  Reason,
  RecordingMetadata,
  Session,
  SessionRecording,
  Stream,
} from './model';
import { attributeOf, childrenOf, idOf, plain, textOf, textsOf } from './tolerant-names';
import { parseXml, type XmlElement } from './xml';

/** What an `application/rs-metadata+xml` body was. */
export type ParsedMetadata =
  | { readonly kind: 'recording'; readonly metadata: RecordingMetadata }
  /** RFC 7865 §7: the recorder wants everything anew. */
  | { readonly kind: 'snapshot-request'; readonly reason: string | undefined }
  | { readonly kind: 'refused'; readonly problem: string };

/**
 * Reads metadata of any dialect met in the field into the one model: RFC 7865 and its drafts,
 * BroadWorks and Webex (`recording_metadata`), Oracle/ACME, AudioCodes, Cisco CUBE, Avaya, Metaswitch,
 * Ribbon. Names are compared without case, hyphens, underscores and namespace, since every draft spelled
 * them otherwise; order and absence of elements do not matter; what is not known is kept as extension
 * of the element it stands in. Never throws.
 */
export function parseMetadata(text: string): ParsedMetadata {
  const document = parseXml(text);
  if (document.kind === 'refused') return document;
  const { root } = document;
  switch (plain(root.name)) {
    case 'recording':
    case 'recordingmetadata':
      return { kind: 'recording', metadata: readRecording(root) };
    case 'requestsnapshot':
      return { kind: 'snapshot-request', reason: textOf(root, 'requestreason') };
    default:
      return { kind: 'refused', problem: `<${root.name}> is no recording metadata` };
  }
}

function readRecording(root: XmlElement): RecordingMetadata {
  const of = (name: string) => root.children.filter((child) => plain(child.name) === name);
  const participants = of('participant');
  const data = extensionDataByParent(of('extensiondata'));
  const attached = <Item extends Extensible>(item: Item): Item => {
    const more = data.get(item.id);
    if (!more) return item;
    data.delete(item.id);
    return { ...item, extensions: [...(item.extensions ?? []), ...more] };
  };
  return {
    mode: textOf(root, 'datamode')?.toLowerCase() === 'partial' ? 'partial' : 'complete',
    groups: of('group').map(readGroup).map(attached),
    sessions: of('session').map(readSession).map(attached),
    participants: participants.map(readParticipant).map(attached),
    streams: of('stream').map(readStream).map(attached),
    sessionRecordings: of('sessionrecordingassoc').map(readSessionRecording),
    participantSessions: [
      ...of('participantsessionassoc').map(readParticipantSession),
      ...participants.flatMap(draftParticipantSession),
    ],
    participantStreams: [
      ...of('participantstreamassoc').map(readParticipantStream),
      ...participants.flatMap(draftParticipantStream),
    ],
    extensions: [...unknownOf(root, KNOWN.recording), ...[...data.values()].flat()],
  };
}

interface Extensible {
  readonly id: string;
  readonly extensions?: readonly XmlElement[];
}

function readGroup(element: XmlElement) {
  return {
    id: idOf(element, 'groupid', 'id'),
    ...readTimes(element),
    ...extensionsOf(element, KNOWN.group),
  };
}

function readSession(element: XmlElement): Session {
  const groupId = textOf(element, 'groupref') ?? attributeOf(element, 'group', 'groupid');
  // Oracle gives a session the times of an association.
  const times = readTimes(element);
  const startTime = timeOf(element, 'starttime') ?? times.associateTime;
  const stopTime = timeOf(element, 'stoptime') ?? times.disassociateTime;
  return {
    id: idOf(element, 'sessionid', 'id'),
    sipSessionIds: textsOf(element, 'sipsessionid'),
    reasons: childrenOf(element, 'reason').map(readReason),
    ...(groupId !== undefined && { groupId }),
    ...(startTime && { startTime }),
    ...(stopTime && { stopTime }),
    ...extensionsOf(element, KNOWN.session),
  };
}

function readReason(element: XmlElement): Reason {
  const protocol = attributeOf(element, 'protocol');
  const cause = Number.parseInt(attributeOf(element, 'cause') ?? '', 10);
  return {
    cause: Number.isFinite(cause) ? cause : 0,
    ...(protocol !== undefined && { protocol }),
    text: element.text,
  };
}

function readParticipant(element: XmlElement): Participant {
  const nameIds: NameId[] = childrenOf(element, 'nameid').map((nameId) => {
    const name = textOf(nameId, 'name');
    return {
      aor: attributeOf(nameId, 'aor') ?? textOf(nameId, 'aor') ?? nameId.text,
      ...(name && { name }),
    };
  });
  // Drafts, BroadWorks: the address and the name beside each other.
  const name = textOf(element, 'name');
  for (const aor of textsOf(element, 'aor')) nameIds.push({ aor, ...(name && { name }) });
  return {
    id: idOf(element, 'participantid', 'id'),
    nameIds,
    ...extensionsOf(element, KNOWN.participant),
  };
}

function readStream(element: XmlElement): Stream {
  const sessionId = attributeOf(element, 'sessionid', 'session');
  const label = textOf(element, 'label') ?? attributeOf(element, 'label');
  return {
    id: idOf(element, 'streamid', 'id'),
    ...(sessionId !== undefined && { sessionId }),
    ...(label !== undefined && { label }),
    ...extensionsOf(element, KNOWN.stream),
  };
}

function readSessionRecording(element: XmlElement): SessionRecording {
  return { sessionId: idOf(element, 'sessionid', 'session'), ...readTimes(element) };
}

function readParticipantSession(element: XmlElement): ParticipantSession {
  return {
    participantId: idOf(element, 'participantid', 'participant'),
    sessionId: idOf(element, 'sessionid', 'session'),
    ...readTimes(element),
  };
}

function readParticipantStream(element: XmlElement): ParticipantStream {
  return {
    participantId: idOf(element, 'participantid', 'participant', 'id'),
    ...readDirections(element),
    ...readTimes(element),
  };
}

/** In the drafts a participant names its session as an attribute … */
function draftParticipantSession(element: XmlElement): ParticipantSession[] {
  const sessionId = attributeOf(element, 'session', 'sessionid');
  if (sessionId === undefined) return [];
  const participantId = idOf(element, 'participantid', 'id');
  return [{ participantId, sessionId, ...readTimes(element) }];
}

/** … and its streams as children. */
function draftParticipantStream(element: XmlElement): ParticipantStream[] {
  const directions = readDirections(element);
  if (directions.sends.length + directions.receives.length === 0) return [];
  return [{ participantId: idOf(element, 'participantid', 'id'), ...directions }];
}

/** `<send>ID</send>`, and `<send><id>ID</id></send>` as BroadWorks writes it. */
function readDirections(element: XmlElement): Pick<ParticipantStream, 'sends' | 'receives'> {
  const references = (name: string) =>
    childrenOf(element, name).flatMap((reference) => {
      const ids = [reference.text, ...textsOf(reference, 'id')];
      return ids.filter((id) => id !== '');
    });
  return { sends: references('send'), receives: references('recv') };
}

function readTimes(element: XmlElement): Association {
  const associateTime = timeOf(element, 'associatetime');
  const disassociateTime = timeOf(element, 'disassociatetime');
  return { ...(associateTime && { associateTime }), ...(disassociateTime && { disassociateTime }) };
}

/** RFC 3339; the drafts allowed lower-case letters in it. Undefined when it is none. */
function timeOf(element: XmlElement, name: string): Date | undefined {
  const text = textOf(element, name);
  if (!text) return undefined;
  const time = new Date(text.toUpperCase());
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** `<extensiondata id parent>` of the drafts stands at the root and names whom it extends. */
function extensionDataByParent(elements: readonly XmlElement[]): Map<string, XmlElement[]> {
  const byParent = new Map<string, XmlElement[]>();
  for (const element of elements) {
    const parent = attributeOf(element, 'parent') ?? '';
    const data = byParent.get(parent) ?? [];
    byParent.set(parent, data);
    for (const child of element.children) data.push(child);
  }
  return byParent;
}

const DRAFT_TIMES = ['associatetime', 'disassociatetime'];

/** Names that the model has a place for; everything else is an extension. */
const KNOWN = {
  recording: [
    'datamode',
    'group',
    'session',
    'participant',
    'stream',
    'sessionrecordingassoc',
    'participantsessionassoc',
    'participantstreamassoc',
    'extensiondata',
  ],
  group: DRAFT_TIMES,
  session: [...DRAFT_TIMES, 'sipsessionid', 'reason', 'groupref', 'starttime', 'stoptime'],
  participant: [...DRAFT_TIMES, 'nameid', 'aor', 'name', 'send', 'recv'],
  stream: [...DRAFT_TIMES, 'label'],
} as const;

function extensionsOf(
  element: XmlElement,
  known: readonly string[],
): { readonly extensions?: readonly XmlElement[] } {
  const extensions = unknownOf(element, known).flatMap((child) =>
    // Oracle puts the wrapper of the drafts inside the element that is extended.
    plain(child.name) === 'extensiondata' ? child.children : [child],
  );
  return extensions.length > 0 ? { extensions } : {};
}

function unknownOf(element: XmlElement, known: readonly string[]): XmlElement[] {
  return element.children.filter((child) => !known.includes(plain(child.name)));
}
