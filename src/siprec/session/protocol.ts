import type { FaultCode, Millis } from '../../core';
import type { RecordingMetadata } from '../metadata/model';
import type { ForkAction, OurLine, RecorderLine } from './lines';
import type { RecorderOffer } from './negotiation';
import type { RecordingChange, RecordingTarget, StopReason } from './recording';

/** What happens to a recording. Times of day are for the metadata. */
export type SessionInput =
  | { readonly kind: 'start' }
  /** 2xx to the INVITE. `answer` is undefined when it held no session description that can be used. */
  | {
      readonly kind: 'answered';
      readonly answer: readonly RecorderLine[] | undefined;
      /** The recorder allows UPDATE. */
      readonly updates: boolean;
    }
  /** Any other final response to the INVITE. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly reason: string;
      readonly contact: string | undefined;
    }
  | { readonly kind: 'changed'; readonly change: RecordingChange; readonly at: Date }
  /** `by`: whom the metadata names; without, it does not speak of it. */
  | { readonly kind: 'pause'; readonly by: string | undefined; readonly at: Date }
  /** Every gate that `pause-fork` asked for is closed. */
  | { readonly kind: 'gated' }
  | { readonly kind: 'resume'; readonly by: string | undefined; readonly at: Date }
  /** 2xx to our re-INVITE or UPDATE. */
  | { readonly kind: 'accepted'; readonly answer: readonly RecorderLine[] | undefined }
  /** Any other final response to them. */
  | {
      readonly kind: 'declined';
      readonly status: number;
      readonly reason: string;
      readonly retryAfter: Millis | undefined;
    }
  /** re-INVITE or UPDATE of the recorder with an offer, or (INVITE only) without. */
  | {
      readonly kind: 'recorder-offer';
      readonly request: number;
      readonly method: 'INVITE' | 'UPDATE';
      readonly offer: RecorderOffer;
    }
  /** ACK to our 2xx. */
  | { readonly kind: 'acknowledged'; readonly answer: readonly RecorderLine[] | undefined }
  /** RFC 7866 §9.2. */
  | { readonly kind: 'snapshot-requested'; readonly request: number }
  /** How OPTIONS in the session was answered. */
  | { readonly kind: 'checked'; readonly status: number; readonly there: boolean }
  /** `left`: the recorder wanted it so. */
  | { readonly kind: 'dialog-over'; readonly detail: string; readonly left: boolean }
  | { readonly kind: 'stop'; readonly reason: StopReason; readonly at: Date }
  /** Our BYE was answered, or will not be. */
  | { readonly kind: 'left' };

export type Input<Kind extends SessionInput['kind']> = Extract<SessionInput, { kind: Kind }>;

/** What is to be done about it, in this order. */
export type SessionOutput =
  | ForkAction
  /** What follows, until `lost` or the end, is between us and this recorder, who is to get what was said from then on. */
  | { readonly do: 'ask'; readonly recorder: RecordingTarget; readonly from: Date }
  | {
      readonly do: 'invite';
      readonly uri: string;
      readonly lines: readonly OurLine[];
      readonly metadata: RecordingMetadata;
    }
  | { readonly do: 'cancel' }
  | {
      readonly do: 'reinvite';
      readonly lines: readonly OurLine[];
      readonly metadata: RecordingMetadata | undefined;
    }
  | { readonly do: 'update'; readonly metadata: RecordingMetadata }
  | {
      readonly do: 'respond';
      readonly request: number;
      readonly status: number;
      readonly lines: readonly OurLine[] | undefined;
    }
  /** Is it still there? */
  | { readonly do: 'check' }
  | { readonly do: 'bye' }
  /** The recorder did not take the recording, or has it no more; `begun`: it was sent something. */
  | {
      readonly do: 'lost';
      readonly loss: Loss;
      readonly at: Date;
      readonly begun: boolean;
    }
  /** A recorder has accepted the session, or none ever will. */
  | { readonly do: 'established'; readonly accepted: boolean }
  /** The recorder knows that audio flows again, or will not know any more. */
  | { readonly do: 'resumed' }
  | { readonly do: 'finish'; readonly ending: Ending; readonly begun: boolean };

export type Output<Do extends SessionOutput['do']> = Extract<SessionOutput, { do: Do }>;

/** Why something is missing. */
export interface Loss {
  readonly code: FaultCode;
  /** The end of a sentence. */
  readonly detail: string;
}

/** How a recording ended, before the counters are asked. */
export interface Ending {
  readonly recorded: 'fully' | 'partly' | 'not';
  readonly fault: Loss | undefined;
  /** Ended by its recorders, or never begun. */
  readonly failed: boolean;
}
