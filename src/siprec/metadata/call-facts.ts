/** How a recorder's customer knows a recorded user: what Control Hub calls platform information. */
export interface AccountIdentity {
  /** The customer. */
  readonly serviceProvider?: string;
  /** The location. */
  readonly externalGroup?: string;
  /** The user. */
  readonly externalIdentifier?: string;
}

/** How a call came to the recorded user by way of others. */
export interface Redirection {
  /** Whom it was sent on by last, and whom it was meant for at first: URIs. */
  readonly last: string;
  readonly original: string;
  readonly count: number;
}

/** What a dialect may say of the call beyond the RFC's model. The same for a whole recording session. */
export interface CallFacts {
  /** UUID of the recording. */
  readonly recordingId: string;
  /** UUID, the same for all recordings of one call: its group. */
  readonly correlationId: string;
  /** UUID for what extends the session. */
  readonly extensionId: string;
  readonly callId: string;
  /** As the recorded user sees it. */
  readonly direction: 'in' | 'out';
  readonly recorded: {
    readonly participantId: string;
    readonly aor: string;
    readonly displayName?: string;
  };
  /** Undefined when the user has no account at the recorder. */
  readonly account?: AccountIdentity;
  /** URIs of who calls and who is called, as the call began. */
  readonly calling?: string;
  readonly called?: string;
  readonly redirection?: Redirection;
  /** How the recording came about, in the recorder's words; BroadWorks says `on`. */
  readonly recordingType: string;
}
