import type { FaultCode, Millis } from '../../core';

/** What the machine of a call hears and says. */

export interface CallLimits {
  /** How long a target may stay without a final response. */
  readonly ringMs: Millis;
  /** How long a call may stay unanswered in all. */
  readonly setupMs: Millis;
}

export type CallSide = 'caller' | 'callee';

export type CallState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'hunting'; readonly attempt: number }
  /** The callee's 2xx is being passed to the caller. */
  | { readonly kind: 'answering'; readonly attempt: number }
  | { readonly kind: 'talking'; readonly attempt: number }
  | { readonly kind: 'over'; readonly settled: boolean };

/** Who ended the call, with what code; the code of a callee's own response is known outside. */
export interface CallEnd {
  readonly by: CallSide | 'us';
  readonly code: number | undefined;
  readonly fault: FaultCode | undefined;
}

/** What the caller is refused with: a callee's response, or one of ours. */
export type Failure =
  | { readonly kind: 'response'; readonly attempt: number }
  | {
      readonly kind: 'made';
      readonly fault?: FaultCode | undefined;
      readonly status?: number | undefined;
    };

export type CancelCause = 'caller' | 'timeout' | 'us';

export interface Rejection {
  readonly kind: 'rejected';
  readonly attempt: number;
  readonly status: number;
  /** Targets that the response named and that are to be followed, as numbers of the target list. */
  readonly alternatives?: { readonly from: number; readonly count: number } | undefined;
}

export interface Unusable {
  readonly kind: 'unusable';
  readonly attempt: number;
  readonly fault: FaultCode;
}

export interface DialogEnded {
  readonly kind: 'dialog-ended';
  readonly side: CallSide;
  /** `dead`: it said that it does not know the dialog. */
  readonly by: 'peer' | 'engine' | 'dead';
  readonly fault?: FaultCode | undefined;
}

export type CallInput =
  | { readonly kind: 'start'; readonly targets: number }
  | { readonly kind: 'progress'; readonly attempt: number }
  | { readonly kind: 'accepted'; readonly attempt: number }
  | Rejection
  | Unusable
  /** Our 200 has left; the caller's dialog exists. */
  | { readonly kind: 'caller-answered' }
  | { readonly kind: 'caller-cancelled' }
  /** The 200 could not be sent. */
  | { readonly kind: 'caller-unreachable' }
  | DialogEnded
  /** The call is to end for a reason of ours. */
  | { readonly kind: 'hang-up'; readonly fault: FaultCode };

export type CallOutput =
  | { readonly kind: 'try'; readonly attempt: number; readonly target: number }
  | { readonly kind: 'cancel'; readonly attempt: number; readonly why: CancelCause }
  | { readonly kind: 'relay-progress'; readonly attempt: number }
  | { readonly kind: 'relay-answer'; readonly attempt: number }
  /** ACK and BYE. */
  | { readonly kind: 'discard'; readonly attempt: number }
  | { readonly kind: 'fail'; readonly failure: Failure }
  | { readonly kind: 'connected'; readonly attempt: number }
  | {
      readonly kind: 'bye';
      readonly side: CallSide;
      readonly cause: 'peer' | 'engine' | 'dead' | 'late' | FaultCode;
    }
  | { readonly kind: 'ended'; readonly end: CallEnd }
  | { readonly kind: 'settled' };
