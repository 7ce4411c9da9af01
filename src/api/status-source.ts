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
}

export interface LiveRecording {
  readonly user: string;
  readonly state: 'starting' | 'recording' | 'paused' | 'failed' | 'ended';
  /** Code of the catalogue when it failed. */
  readonly fault?: string | undefined;
}

/** A file of a recording. It is served under its name, and its path is told to nobody. */
export interface RecordingFile {
  /** Unique within the recording: `audio.wav`. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** MIME type. */
  readonly type: string;
}

/** One entry of the recorder's catalogue. */
export interface RecordingEntry {
  readonly id: string;
  readonly startedAt: Date;
  /** Undefined while it is being written. */
  readonly endedAt: Date | undefined;
  readonly durationSeconds: number;
  /** False when the recorder knows that something is missing. */
  readonly complete: boolean;
  /** Who is heard on each channel of the audio file, first channel first. */
  readonly channels: readonly string[];
  readonly files: readonly RecordingFile[];
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
  /** Newest first. Empty where nothing is recorded here. */
  recordings(): Promise<readonly RecordingEntry[]>;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
