import type { Clock, Ids, Log } from '../core';
import type { SipAgent } from '../ua';
import type { FinishedRecording, Recording, RecordingState } from './recording';

export interface RecorderOptions {
  /** The recorder's own SIP user agent: it takes every request that arrives there. */
  readonly agent: SipAgent;
  /** Where recordings are kept; made when missing. */
  readonly directory: string;
  /** Where audio is received: an IP literal, and a range of UDP ports, two for each stream. */
  readonly rtp: {
    readonly address: string;
    readonly ports: { readonly min: number; readonly max: number };
  };
  readonly log: Log;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** Recordings older than this are deleted; null or undefined keeps them. */
  readonly retentionDays?: number | null;
  readonly onFinished?: (recording: FinishedRecording) => void;
}

export type RecorderEvent =
  | { readonly kind: 'started'; readonly recording: Recording }
  | { readonly kind: 'finished'; readonly recording: FinishedRecording }
  /** Audio is being lost: said once, when it begins. `finished` follows at the end of the session. */
  | { readonly kind: 'failed'; readonly recording: Recording; readonly reason: string };

/** Which recordings; every condition that is given must hold. */
export interface RecordingQuery {
  readonly state?: RecordingState;
  /** Begun at or after, and before. */
  readonly from?: Date;
  readonly until?: Date;
  /** Part of a party's address or name, without regard to case. */
  readonly party?: string;
  /** The Call-ID of the recording session, or any header value that ties it to a call. */
  readonly callId?: string;
  /** At most this many; default 100. */
  readonly limit?: number;
}

export interface RecorderUsage {
  readonly live: number;
  readonly finished: number;
  readonly failed: number;
  /** Recording sessions refused since the start. */
  readonly refused: number;
  readonly packets: number;
  readonly lost: number;
}

/** A SIPREC recording server: RFC 7866 §6.2. */
export interface Recorder {
  /** Live and finished recordings, the newest first. */
  recordings(query?: RecordingQuery): Promise<readonly Recording[]>;
  /** One recording; undefined when there is none of that id. */
  recording(id: string): Promise<Recording | undefined>;
  /** Listens until the returned function is called. */
  onEvent(listener: (event: RecorderEvent) => void): () => void;
  /**
   * Closes what an earlier process left open when it died: call once, before sessions are taken.
   * Resolves with the recordings that were mended; never rejects.
   */
  recover(): Promise<readonly FinishedRecording[]>;
  /** Counters since the start. */
  usage(): RecorderUsage;
  /** Ends every session with BYE and closes every recording; takes no more. Never rejects. */
  close(): Promise<void>;
}
