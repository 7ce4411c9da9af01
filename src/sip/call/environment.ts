import type { Clock, Ids, Log, Millis } from '../../core';
import type { MediaPlane } from '../../media';
import type { RecordingPolicy } from '../../policy';
import type { SipAgent } from '../../ua';
import type { DialogReferences } from '../dialog-references';
import type { HeaderOptions } from '../headers';
import type { Sounds } from '../hearing/sounds';
import type { MediaAddresses } from '../media/addresses';
import type { SessionMedia } from '../media/session-media';
import type { CallRecordings, Recorders } from '../recording/call-recordings';
import type { RecordingNotices } from '../recording/notices';
import type { OwnAddresses, Router } from '../routing';
import type { Attempt } from './attempt';
import type { CallerLeg } from './caller-leg';

/** When a call without RTP is ended: when nobody sends, when either does not, or never. */
export type MediaTimeoutRule = 'both' | 'either' | 'never';

/** What every call works with. */
export interface CallEnvironment {
  readonly agent: SipAgent;
  readonly plane: MediaPlane;
  readonly recorders: Recorders | undefined;
  /** Undefined: nothing is played to anybody. */
  readonly sounds: Sounds | undefined;
  readonly policy: RecordingPolicy;
  readonly router: Router;
  readonly own: OwnAddresses;
  readonly references: DialogReferences;
  readonly addresses: MediaAddresses;
  /** Local address from which copies go to the recorder. */
  readonly forkBind: string;
  readonly headers: HeaderOptions;
  readonly log: Log;
  readonly clock: Clock;
  readonly ids: Ids;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly setupMs: Millis;
  readonly mediaTimeout: MediaTimeoutRule;
  /** Session timer to ask for on both legs; undefined: none but what the peers ask for. */
  readonly sessionExpiresS: number | undefined;
}

/** One call, as its procedures see it. */
export interface CallParts {
  readonly env: CallEnvironment;
  readonly log: Log;
  readonly media: SessionMedia;
  readonly recordings: CallRecordings;
  /** What the parties are told of the recordings. */
  readonly notices: RecordingNotices;
  readonly caller: CallerLeg;
  /** The target that is tried, or that has answered. */
  readonly callee: Attempt | undefined;
  /** The call is over, or about to be: nothing new is to be begun. */
  readonly over: boolean;
}
