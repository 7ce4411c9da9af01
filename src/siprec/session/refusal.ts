import type { FaultCode } from '../../core';

/** RFC 3261 §21.5.4. */
export const UNAVAILABLE = 503;

/**
 * Statuses that say that nobody is there: 408 and 503 are also what the engine answers with when nothing came
 * back or nothing could be sent (RFC 3261 §8.1.3.1), and RFC 3263 §4.3 reads 503 alike.
 */
const OUT_OF_SERVICE: readonly number[] = [408, UNAVAILABLE, 504];

/** What a final response other than 2xx to the INVITE means for the recording. */
export function refusalOf(status: number): FaultCode {
  return OUT_OF_SERVICE.includes(status) ? 'RECORDER_UNREACHABLE' : 'RECORDER_REFUSED';
}

/** Whether a recorder has no session any more that answers so to OPTIONS within it: RFC 3261 §12.2.1.2, RFC 3263 §4.3. */
export function isGone(status: number): boolean {
  return [408, 481, UNAVAILABLE].includes(status);
}
