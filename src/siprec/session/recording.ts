import type { Fault, FaultCode } from '../../core';
import type { Fork, ForkStats, PayloadDescription } from '../../media';
import type { Headers } from '../../ua';
import type { AccountIdentity, Redirection } from '../metadata/call-facts';
import type { MetadataDialect } from '../metadata/dialect';
import type { PlayedAnnouncement } from '../metadata/model';

/** The m-line of a stream: `1` carries the recorded user, `2` everybody else. */
export type Label = '1' | '2';

/** A recorder (SRS) to invite. */
export interface RecordingTarget {
  /** What logs and call records call it. */
  readonly name: string;
  /** SIP URI; without a transport parameter it is reached over TCP. */
  readonly uri: string;
  /** Where to send instead of where the URI points: a proxy in front of the recorder. */
  readonly nextHop?: string;
  /** How long the recorder may take to answer, redirections included, in ms. Default 5000. */
  readonly answerTimeoutMs?: number;
  /** How it is spoken to. Default `rfc7865`. */
  readonly dialect?: MetadataDialect;
  /** The streams go to it by SRTP, their keys in the descriptions (RFC 7866 §12, RFC 4568). Default false. */
  readonly srtp?: boolean;
  /** It deletes provisional recordings at their end: the embedded recorder does. */
  readonly discards?: boolean;
  /** What the `broadworks` form calls the recordings. Default `on`. */
  readonly recordingType?: string;
  /** Of the recorded user there. */
  readonly account?: AccountIdentity;
  /** How often it is asked within a session whether it is still there, in ms; 0, the default, for never. */
  readonly checkEveryMs?: number;
}

/** A party of the call. */
export interface RecordedParty {
  /** UUID, the same in every recording of the call. */
  readonly participantId: string;
  /** Address of record: SIP, SIPS or tel URI. */
  readonly aor: string;
  readonly displayName?: string;
  /** It is the focus of a conference (RFC 4579 §5.2), and speaks for many. */
  readonly focus?: boolean;
}

/** What one side of the call sends, as an m-line of its own. */
export interface RecordedStream {
  readonly label: Label;
  /** `participantId` of who is heard on it. */
  readonly sender: string;
  /** Not started yet; the recording starts, pauses and closes it. */
  readonly fork: Fork;
  /** The payload formats negotiated with the sender; never empty. */
  readonly codecs: readonly PayloadDescription[];
  /** False while signalling says that the sender does not send. */
  readonly sending: boolean;
}

/** What is to be recorded: one communication session, on behalf of one recorded user. */
export interface RecordingRequest {
  readonly callId: string;
  readonly recordingId: string;
  /** UUID, the same for all recordings of one call: RFC 7865 §6.2. */
  readonly groupId: string;
  /** UUID of the communication session: RFC 7865 §6.3. */
  readonly sessionId: string;
  /** RFC 7989 Session-ID of the call. */
  readonly sipSessionId?: string;
  /** As the recorded user sees it. */
  readonly direction: 'in' | 'out';
  readonly recorded: RecordedParty;
  readonly others: readonly RecordedParty[];
  readonly redirection?: Redirection;
  readonly streams: readonly RecordedStream[];
  /** When the communication session began. */
  readonly startedAt: Date;
  /** Heard before the recording began. */
  readonly announcements?: readonly PlayedAnnouncement[];
  /**
   * To be deleted at its end unless `keep` is called before. Only the embedded recorder can be told to: others are
   * not to be given such a recording.
   */
  readonly provisional?: boolean;
  /** Added to the INVITE to the recorder. */
  readonly extraHeaders?: Headers;
}

/** What has become different in the call. What is absent stays as it was. */
export interface RecordingChange {
  readonly streams?: ReadonlyArray<
    Pick<RecordedStream, 'label'> & Partial<Pick<RecordedStream, 'codecs' | 'sending'>>
  >;
  /** Who is on the recorded user's side from now on: another party, when its leg was transferred. */
  readonly recorded?: RecordedParty;
  /** All parties on the other side, from now on. */
  readonly participants?: readonly RecordedParty[];
  /** `participantId`s of those who hold the call, from now on: they hear nobody. */
  readonly held?: readonly string[];
  /** Heard since the last change. */
  readonly announcements?: readonly PlayedAnnouncement[];
}

/** Why a recording is stopped, as the metadata says it: RFC 3326. */
export interface StopReason {
  /** SIP status or Q.850 cause, with `protocol` to tell; without a cause the metadata gives no reason. */
  readonly cause?: number;
  readonly protocol?: string;
  readonly text: string;
  /** What was to be recorded ends here against everybody's wish: the recording is not whole. */
  readonly fault?: FaultCode;
}

export type RecordingState =
  | 'idle'
  | 'inviting'
  /** Its recorder is gone, and another one is asked. */
  | 'changing'
  | 'active'
  | 'pausing'
  | 'paused'
  | 'ending'
  /** Stopped by us. */
  | 'ended'
  /** Ended by a fault: never established, or lost. */
  | 'failed';

/** What became of one stream. */
export interface StreamOutcome {
  readonly label: Label;
  readonly sender: string;
  /** The recorder took the stream and audio was sent, or would have been had there been any. */
  readonly recorded: boolean;
  /** Undefined when the media plane could not tell any more. */
  readonly stats: ForkStats | undefined;
}

/** What one recorder had of a recording: one for each that was asked. */
export interface RecordingPart {
  /** In the metadata that this recorder got: that of the recording, or another where a recorder has had that. */
  readonly recordingId: string;
  /** Name of the recorder. */
  readonly target: string;
  /** Final status of the recorder to the INVITE; undefined when none came. */
  readonly status: number | undefined;
  /** Call-ID of the recording session; undefined when the recorder did not accept it. */
  readonly recorderCallId: string | undefined;
  readonly invitedAt: Date;
  readonly answeredAt: Date | undefined;
  /** What was said from then on it was sent; undefined when it was sent nothing. */
  readonly from: Date | undefined;
  readonly endedAt: Date;
  /** When the last message in the session came from it: until then it was certainly there. */
  readonly heardAt: Date | undefined;
  /** Why it did not take the recording, or did not keep it; undefined when it had it to the end. */
  readonly fault: FaultCode | undefined;
  readonly detail: string | undefined;
}

/** How a recording ended. */
export interface RecordingOutcome {
  readonly recordingId: string;
  readonly callId: string;
  /** Name of the recorder that had it last; of the first that was asked where none took it. */
  readonly target: string;
  readonly recorded: 'fully' | 'partly' | 'not';
  /** Why it was not recorded fully. */
  readonly fault: Fault | undefined;
  /** One sentence. */
  readonly reason: string;
  /** Its final status to the INVITE; undefined when none came. */
  readonly status: number | undefined;
  /** Call-ID of the session with it; undefined when it did not accept one. */
  readonly recorderCallId: string | undefined;
  readonly invitedAt: Date;
  /** When the first recorder that took it did. */
  readonly answeredAt: Date | undefined;
  readonly endedAt: Date;
  /** In order; none where nothing could be recorded. */
  readonly parts: readonly RecordingPart[];
  readonly streams: readonly StreamOutcome[];
}

/** A recording under way, at one recorder after another: RFC 7866. It never harms the call it records. */
export interface Recording {
  readonly recordingId: string;
  readonly state: RecordingState;
  /** Resolves with whether a recorder has accepted it. Never rejects. */
  readonly established: Promise<boolean>;
  /** Resolves once, at the end. Never rejects. */
  readonly outcome: Promise<RecordingOutcome>;
  update(change: RecordingChange): void;
  /** A provisional recording is to be kept. */
  keep(): void;
  /**
   * Resolves when no packet can reach the recorder any more; the recorder is told afterwards, with `by` also who
   * or what it was: `api`, `dtmf`, `timer`.
   */
  pause(by?: string): Promise<void>;
  /**
   * Resolves when the recorder has been told and audio flows again, or the recording has been paused anew or has
   * ended, or when it stays paused, for the recorder has declined.
   */
  resume(by?: string): Promise<void>;
  /**
   * Ends the recording: no audio from this moment on, then the last metadata, then BYE; before the answer,
   * CANCEL. Takes a second and a half at most, however the recorder behaves.
   */
  stop(reason: StopReason): Promise<RecordingOutcome>;
}
