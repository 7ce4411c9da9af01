import type { Headers, IncomingResponse, OutgoingReinvite } from '../../ua';
import type { CallSide } from './signals';

export interface LegContent {
  readonly body?: string;
  readonly headers?: Headers;
}

/** One side of a call, early or established, as the procedures of both see it. */
export interface Leg {
  readonly side: CallSide;
  /** Rejects with DialogGone when there is nothing to send it in. */
  request(method: string, content: LegContent): Promise<IncomingResponse>;
  /** Only once the call is answered. */
  reinvite(content: LegContent): OutgoingReinvite;
  bye(headers: Headers): Promise<void>;
}

export function otherSide(side: CallSide): CallSide {
  return side === 'caller' ? 'callee' : 'caller';
}

/** The side of the media plane on which a side of the call is. */
export function mediaSide(side: CallSide): 'a' | 'b' {
  return side === 'caller' ? 'a' : 'b';
}
