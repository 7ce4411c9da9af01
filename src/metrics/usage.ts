import type { PlaneUsage } from '../media';
import type { CallSnapshot, RefusalCounts } from '../sip';

/** What of the embedded engine's figures is shown: totals since its start, and what is live now. */
export interface EngineUsage {
  readonly transactions: {
    readonly clientsLive: number;
    readonly serversLive: number;
    readonly retransmissionsSent: number;
    readonly retransmissionsReceived: number;
  };
  readonly dialogs: number;
  readonly transport: {
    readonly received: number;
    readonly sent: number;
    readonly malformed: number;
    readonly sendFailures: number;
    readonly connections: number;
  };
}

/** Call detail records since the start. */
export interface CdrUsage {
  readonly written: number;
  readonly lost: number;
}

/** Where figures are read from at each scrape; what is absent is not there to be measured. */
export interface UsageSources {
  readonly ready?: () => boolean;
  readonly calls?: () => ReadonlyArray<
    Pick<CallSnapshot, 'answeredAt'> & {
      readonly recordings: ReadonlyArray<{ readonly state: string }>;
    }
  >;
  readonly refusals?: () => RefusalCounts;
  readonly cdr?: () => CdrUsage;
  readonly media?: () => Promise<PlaneUsage>;
  readonly engine?: () => EngineUsage;
  /** Whether the FreeSWITCH that announcements come from is there; undefined where none is to be. */
  readonly freeswitch?: () => boolean | undefined;
}
