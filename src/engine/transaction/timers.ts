import type { Millis } from '../../core';

/** The base values from which RFC 3261 §17 derives every transaction timer. */
export interface TimerValues {
  /** Round-trip estimate: first retransmission interval. */
  readonly t1: Millis;
  /** Longest retransmission interval of non-INVITE requests and INVITE responses. */
  readonly t2: Millis;
  /** Longest time a message remains in the network. */
  readonly t4: Millis;
}

/** RFC 3261 table 4. */
export const DEFAULT_TIMERS: TimerValues = { t1: 500, t2: 4000, t4: 5000 };

/** Timers B, F, H, J, L and M: how long a transaction waits for its peer. */
export const transactionLifetime = (timers: TimerValues): Millis => 64 * timers.t1;

/** Timer D: how long ACK is repeated for repeated final responses. Nothing repeats on a stream. */
export const timerD = (timers: TimerValues, reliable: boolean): Millis =>
  reliable ? 0 : 64 * timers.t1;

/** Timers I and K: how long what is still in the network is absorbed. */
export const absorption = (timers: TimerValues, reliable: boolean): Millis =>
  reliable ? 0 : timers.t4;
