import type { RecordingActor, RecordingMode } from '../policy';
import type { Recording, RecordingQuery } from '../recorder';

/** A call that is going on. Identities in full: this is for those who may see them. */
export interface LiveCall {
  readonly id: string;
  readonly state: 'routing' | 'ringing' | 'answered' | 'ending';
  /** As the caller's and the callee's legs name them: URI, number or display name. */
  readonly caller: string;
  readonly callee: string;
  readonly startedAt: Date;
  readonly answeredAt: Date | undefined;
  /** One for each recorded user of the call. */
  readonly recordings: readonly LiveRecording[];
  /** What parties hear besides each other; one for each party that hears something now. */
  readonly hearing: readonly LiveHearing[];
}

export interface LiveHearing {
  readonly listener: 'caller' | 'callee';
  /** What is being announced to it. */
  readonly announcement: 'start' | 'stop' | 'pause' | 'resume' | undefined;
  /** Interval of the tone that reminds it of the recording. */
  readonly reminderSeconds: number | undefined;
}

export interface LiveRecording {
  readonly user: string;
  readonly side: 'caller' | 'callee';
  /** As it is in force in this call. */
  readonly mode: RecordingMode;
  /** `off`: nothing is recorded, and nothing was in this call. */
  readonly state: 'off' | 'starting' | 'recording' | 'paused' | 'failed' | 'ended';
  /** When it came to be so; while recorded, when the recording began or went on. */
  readonly since: Date | undefined;
  /** How the pause was asked for. */
  readonly pausedBy: RecordingActor | undefined;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not, one sentence each; they name no person. */
  readonly reasons: readonly string[];
}

/** What the HTTP side shows, from whoever knows it. */
export interface StatusSource {
  readiness(): Readiness;
  calls(): readonly LiveCall[];
  /** Of the embedded recorder, newest first. Empty where nothing is recorded here. */
  recordings(query: RecordingQuery): Promise<readonly Recording[]>;
  recording(id: string): Promise<Recording | undefined>;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
