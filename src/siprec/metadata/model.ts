import type { XmlElement } from './xml';

/**
 * SIP recording metadata as RFC 7865 models it (§6), whatever dialect carried it. Ids are opaque:
 * the client makes UUIDs and a dialect gives them their form on the wire; a parsed document keeps
 * the ids it had. Compare them with `===` and nothing else.
 */
export interface RecordingMetadata {
  /** §6.1: a full snapshot, or an update of the snapshot before. */
  readonly mode: 'complete' | 'partial';
  readonly groups: readonly Group[];
  readonly sessions: readonly Session[];
  readonly participants: readonly Participant[];
  readonly streams: readonly Stream[];
  readonly sessionRecordings: readonly SessionRecording[];
  readonly participantSessions: readonly ParticipantSession[];
  readonly participantStreams: readonly ParticipantStream[];
  /** Foreign elements that belong to the recording as a whole. */
  readonly extensions: readonly XmlElement[];
}

/** §6.2: communication sessions that belong together, for instance through a transfer. */
export interface Group extends Association {
  readonly id: string;
  readonly extensions?: readonly XmlElement[];
}

/** §6.3: a communication session. */
export interface Session {
  readonly id: string;
  /** RFC 7989 Session-ID values of its dialogs. */
  readonly sipSessionIds?: readonly string[];
  /** Why it ended: RFC 3326. */
  readonly reasons?: readonly Reason[];
  readonly groupId?: string;
  readonly startTime?: Date;
  readonly stopTime?: Date;
  /** What parties were told and who interfered, in order: ours to write, read as extensions. */
  readonly notices?: readonly Notice[];
  readonly extensions?: readonly XmlElement[];
}

export type Notice = PlayedAnnouncement | RecordingAction;

/** An announcement that parties heard. */
export interface PlayedAnnouncement {
  readonly kind: 'announcement';
  readonly announcement: 'start' | 'stop' | 'pause' | 'resume';
  readonly at: Date;
  readonly until: Date;
  /** Name of the prompt, without its path. */
  readonly fileName: string;
  /** Of the file, in hexadecimal. */
  readonly sha256?: string;
  /** Ids of the participants who heard it. */
  readonly listeners: readonly string[];
  /** It was heard to its end. */
  readonly completed: boolean;
}

/** Somebody paused or resumed the recording. */
export interface RecordingAction {
  readonly kind: 'action';
  readonly action: 'pause' | 'resume';
  readonly at: Date;
  /** Who or by what means, in a word: `api`, `dtmf`, `timer`. */
  readonly by: string;
}

export interface Reason {
  /** SIP status or Q.850 cause. */
  readonly cause: number;
  /** `SIP` unless said otherwise. */
  readonly protocol?: string;
  readonly text: string;
}

/** §6.5: a party of a communication session. */
export interface Participant {
  readonly id: string;
  /** At least one: who the party is. */
  readonly nameIds: readonly NameId[];
  /** The stream on which it is heard, also while it is silent: ours to write, where a dialect has a place for it. */
  readonly streamId?: string;
  readonly extensions?: readonly XmlElement[];
}

export interface NameId {
  /** SIP, SIPS or tel URI; some senders leave the scheme out. */
  readonly aor: string;
  readonly name?: string;
}

/** §6.7: a recorded stream; `label` names the m-line of the same message that carries it. */
export interface Stream {
  readonly id: string;
  readonly sessionId?: string;
  readonly label?: string;
  readonly extensions?: readonly XmlElement[];
}

/** When something was, and ceased to be, associated. */
export interface Association {
  readonly associateTime?: Date;
  readonly disassociateTime?: Date;
}

/** §6.4: a communication session in this recording session. */
export interface SessionRecording extends Association {
  readonly sessionId: string;
}

/** §6.6: a participant in a communication session. */
export interface ParticipantSession extends Association {
  readonly participantId: string;
  readonly sessionId: string;
}

/** §6.8: which streams (by id) a participant contributes to and receives; neither when both lack. */
export interface ParticipantStream extends Association {
  readonly participantId: string;
  readonly sends: readonly string[];
  readonly receives: readonly string[];
}
