import { REFUSALS } from './application';

/** Why a request did not leave. */
export interface NotSent {
  readonly why: /** The next hop is this engine. */
    | 'to-myself'
    /** No socket of ours fits the protocol and family. */
    | 'no-transport'
    /** The next hop is no SIP URI, or its name has no address. */
    | 'no-place';
  readonly detail: string;
}

export const NOTHING_FITS: NotSent = {
  why: 'no-transport',
  detail: 'no socket of ours fits the protocol and family',
};

export const TO_MYSELF: NotSent = { why: 'to-myself', detail: 'the next hop is this engine' };

/** The same in the protocol's words. Applications compare those that have no detail. */
export function textOf({ why, detail }: NotSent): string {
  switch (why) {
    case 'to-myself':
      return REFUSALS.toMyself;
    case 'no-transport':
      return REFUSALS.noTransport;
    case 'no-place':
      return `${REFUSALS.noPlace}: ${detail}`;
  }
}
