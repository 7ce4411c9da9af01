/** Counters since the start, and one gauge. */
export interface TransportStats {
  /** Messages taken and handed up. */
  readonly received: number;
  /** Messages handed to the kernel. */
  readonly sent: number;
  /** Bytes that were no message. */
  readonly malformed: number;
  /** Of these, what could not even be answered. */
  readonly dropped: number;
  readonly keepalives: number;
  readonly sendFailures: number;
  /** Open or opening now. */
  readonly connections: number;
  readonly connectionsAccepted: number;
  readonly connectionsOpened: number;
  /** Refused as too many, or closed because the peer reads too slowly or cannot be understood. */
  readonly connectionsShed: number;
}

export type Counters = { -readonly [Name in keyof TransportStats]: TransportStats[Name] };

export function newCounters(): Counters {
  return {
    received: 0,
    sent: 0,
    malformed: 0,
    dropped: 0,
    keepalives: 0,
    sendFailures: 0,
    connections: 0,
    connectionsAccepted: 0,
    connectionsOpened: 0,
    connectionsShed: 0,
  };
}
