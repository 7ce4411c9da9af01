import type { FaultCode, Millis } from '../core';
import type { StreamStats } from '../media';
import type { RecordingAction, RecordingActor, RecordingMode, RecordingReply } from '../policy';
import type { CallSide } from './call/signals';

/** One party as signalling knows it. Personal data: log it redacted. */
export interface CallParty {
  /** Name of the peer it belongs to; undefined when the target is no peer. */
  readonly peer: string | undefined;
  /** URI of the From or To header. */
  readonly uri: string;
  /** Display name without quotes. */
  readonly displayName: string | undefined;
  /** Network identities (P-Asserted-Identity), as URIs. */
  readonly asserted: readonly string[];
}

/** One target that was tried. */
export interface AttemptRecord {
  /** Name of the peer, or place of the URI. */
  readonly target: string;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
  /** Final status; undefined when none came before the call was over. */
  readonly status: number | undefined;
  readonly reason: string | undefined;
  /** Why we gave it up; undefined when we did not. */
  readonly cancelled: 'caller' | 'timeout' | 'us' | undefined;
  /** Call-ID of our INVITE; undefined when nothing came back. */
  readonly callId: string | undefined;
}

/** What one m-line carried. */
export interface MediaRecord {
  readonly kind: string;
  /** What the caller's party sent, and the callee's. */
  readonly caller: StreamStats;
  readonly callee: StreamStats;
}

/** What became of the recording of one recorded user. */
export interface RecordingRecord {
  readonly user: string;
  readonly side: CallSide;
  /** Which entry of the settings asked for it. */
  readonly because: string;
  readonly recorded: 'fully' | 'partly' | 'not';
  /** False when nobody asked to keep it: then the recorder was told to delete it at its end. */
  readonly kept: boolean;
  /** Why it was not recorded fully. */
  readonly fault: FaultCode | undefined;
  readonly detail: string | undefined;
  readonly recordingId: string;
  /** Who had it last; who was asked first where nobody took it. */
  readonly recorder: string | undefined;
  /** Final status of that recorder; undefined when none came. */
  readonly status: number | undefined;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  /** One for each recorder that was asked, in order. */
  readonly parts: readonly RecordingPartRecord[];
}

/** What one recorder had of a recording. */
export interface RecordingPartRecord {
  readonly recorder: string;
  /** In the metadata that this recorder got. */
  readonly recordingId: string;
  readonly status: number | undefined;
  readonly recorderCallId: string | undefined;
  /** When it accepted; undefined when it did not. */
  readonly startedAt: Date | undefined;
  /** What was said from then on it was sent; undefined when it was sent nothing. */
  readonly from: Date | undefined;
  readonly endedAt: Date;
  /** When the last message in the session came from it. */
  readonly heardAt: Date | undefined;
  /** Why it did not take the recording, or did not keep it. */
  readonly fault: FaultCode | undefined;
  readonly detail: string | undefined;
}

/** A command to the recording of a user, and what became of it. */
export interface ControlRecord {
  readonly at: Date;
  readonly user: string;
  readonly side: CallSide;
  /** How it came; `timer` when a pause ended by itself. */
  readonly by: RecordingActor;
  readonly action: RecordingAction;
  readonly result: ControlResult;
}

/** Something that was played to a party of the call, or that could not be. */
export interface HeardRecord {
  /** `tone` reminds of a recording; the others tell what has become of one, by a prompt or a beep. */
  readonly what: 'start' | 'stop' | 'pause' | 'resume' | 'tone';
  readonly listener: CallSide;
  /** When it began and ended to leave for the listener; undefined when nothing did. */
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  /** False when it was cut short, or some of it could not leave. */
  readonly complete: boolean;
  /** Name of the prompt's file; `tone` for tone and beep. */
  readonly file: string | undefined;
  /** Of the file, or of the tone's samples; in hex. */
  readonly sha256: string | undefined;
  /** Why it could not be played. */
  readonly fault: FaultCode | undefined;
  readonly detail: string | undefined;
}

/**
 * What a command came to. done: carried out. already: it was so before. forbidden: the mode does not allow it.
 * not-now: senseless at this point of the call. no-call: the call is over. failed: no recorder takes the recording.
 */
export type ControlResult = RecordingReply | 'failed';

/** The same from outside the call. no-user: no such user is recorded in it. which-user: several are, and none was named. */
export type ControlAnswer = ControlResult | 'no-user' | 'which-user';

/** What is recorded of a user in a running call, as it is now. */
export interface RecordingStatus {
  readonly user: string;
  readonly side: CallSide;
  /** As it is in force in this call. */
  readonly mode: RecordingMode;
  /** Of the recording that is under way, or was last; `off` when there is none. */
  readonly state: string;
  /** When it was begun, paused, resumed, stopped or lost, whichever was last; undefined while `off`. */
  readonly since: Date | undefined;
  /** How the pause was asked for; undefined unless it is paused. */
  readonly pausedBy: RecordingActor | undefined;
}

/** A call from its first message to its last: what a CDR is made of. */
export interface CallRecord {
  /** Ours, UUID. */
  readonly id: string;
  /** Call-ID of the caller's INVITE. */
  readonly callId: string;
  readonly caller: CallParty;
  readonly callee: CallParty;
  /** What was dialled, and what was called after rewriting. */
  readonly dialled: string;
  readonly called: string;
  readonly attempts: readonly AttemptRecord[];
  readonly setupAt: Date;
  /** First 180 of a callee. */
  readonly ringingAt: Date | undefined;
  readonly answeredAt: Date | undefined;
  readonly endedAt: Date;
  /** From the INVITE to the first provisional response or final answer of a callee. */
  readonly postDialDelayMs: Millis | undefined;
  /** From answer to end, 0 when there was no answer. */
  readonly durationMs: Millis;
  readonly end: {
    readonly by: CallSide | 'us';
    /** 200 for a call that was answered, else the status the caller got. */
    readonly code: number;
    readonly reason: string;
    /** Reason header of the message that ended it (RFC 3326). */
    readonly cause: string | undefined;
    readonly fault: FaultCode | undefined;
  };
  readonly media: readonly MediaRecord[];
  /** One for each recording that was begun: a user may stop and start again, or never start. */
  readonly recordings: readonly RecordingRecord[];
  /** The commands that users gave to their recordings, by user and in order. */
  readonly controls: readonly ControlRecord[];
  /** What was played to the parties on behalf of recorded users, in order of time. */
  readonly heard: readonly HeardRecord[];
}
