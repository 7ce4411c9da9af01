import type { Instant, Millis } from '../../core';
import {
  blockDelayMs,
  blockLastSr,
  findReportBlock,
  findSenderReport,
  senderReportMiddle,
  senderReportSsrc,
} from './rtcp-in-place';

/**
 * The time to a party and back, told by somebody who only passes reports on (RFC 3550 §6.4.1): from when a
 * sender report left for the party to when a report block of the party's names it, less what the party
 * says it has kept it. Makes nothing.
 */
export class RoundTrip {
  /** -1 until a report was answered. */
  ms: Millis = -1;

  #ssrc = 0;
  #middle = 0;
  #askedAt: Instant = 0;

  /** A datagram of RTCP leaves for the party. */
  asked(bytes: Uint8Array, offset: number, length: number, now: Instant): void {
    const at = findSenderReport(bytes, offset, length);
    if (at < 0) return;
    this.#ssrc = senderReportSsrc(bytes, at);
    this.#middle = senderReportMiddle(bytes, at);
    this.#askedAt = now;
  }

  /** A datagram of RTCP came from the party. */
  answered(bytes: Uint8Array, offset: number, length: number, now: Instant): void {
    if (this.#middle === 0) return;
    const at = findReportBlock(bytes, offset, length, this.#ssrc);
    if (at < 0 || blockLastSr(bytes, at) !== this.#middle) return;
    this.ms = Math.max(0, now - this.#askedAt - blockDelayMs(bytes, at));
  }
}
