/** Counters since the start, and gauges. */
export interface TransportStats {
  /** Messages taken and handed up. */
  readonly received: number;
  /** Messages handed to the kernel. */
  readonly sent: number;
  /** Bytes that were no message: handed up when they can be answered. */
  readonly malformed: number;
  /** Of these, what could not even be answered. */
  readonly dropped: number;
  readonly keepalives: number;
  readonly sendFailures: number;
  /** Open connections now. */
  readonly connections: number;
  readonly connectionsAccepted: number;
  readonly connectionsOpened: number;
  /** Closed because the peer read too slowly or sent what cannot be framed, or refused as too many. */
  readonly connectionsShed: number;
}
