/** What the media plane tells when asked; the shape of its `usage()`. */
export interface MediaUsage {
  readonly lines: number;
  readonly forks: number;
  readonly portsInUse: number;
  readonly portsQuarantined: number;
  readonly packetsRelayed: number;
  readonly packetsForked: number;
  readonly kernelDrops: number;
}

/** What the embedded engine tells when asked. Totals since its start, and what is live now. */
export interface EngineUsage {
  readonly clientTransactions: number;
  readonly serverTransactions: number;
  readonly dialogs: number;
  readonly connections: number;
  readonly received: number;
  readonly sent: number;
  readonly retransmissionsReceived: number;
  readonly retransmissionsSent: number;
  readonly malformed: number;
  readonly sendFailures: number;
}

/** Call detail records since the start. */
export interface CdrUsage {
  readonly written: number;
  readonly lost: number;
}

/** Where figures are read from at each scrape; what is absent is not there to be measured. */
export interface UsageSources {
  readonly calls?: () => number;
  readonly recordings?: () => number;
  readonly ready?: () => boolean;
  readonly cdr?: () => CdrUsage;
  readonly media?: () => Promise<MediaUsage>;
  readonly engine?: () => EngineUsage | Promise<EngineUsage>;
}
