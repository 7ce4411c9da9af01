import { randomInt } from 'node:crypto';
import type { Instant } from '../../core';
import { buildRtcp, type RtcpPacket } from '../../media';
import type { Lane } from '../timeline/lane';
import { LossInterval } from '../timeline/sequence-log';

/** RFC 3550 §6.2: the recommended minimum between reports. */
export const REPORT_INTERVAL = 5_000;

/** What we report to the sender of a line: RFC 3550 §6.4.2, which RFC 7866 §8.1 requires of a recorder. */
export class ReceiverReports {
  readonly #ssrc = randomInt(1, 2 ** 32 - 1);
  readonly #loss = new LossInterval();
  #about: number | undefined;

  constructor(
    private readonly lane: Lane,
    private readonly cname: string,
  ) {}

  /** A report on what was heard last; an empty one keeps the way open before anything was. */
  report(now: Instant): Buffer {
    return buildRtcp([...this.#reception(now), this.#description()]);
  }

  /** Takes leave. */
  bye(now: Instant): Buffer {
    return buildRtcp([
      ...this.#reception(now),
      this.#description(),
      { kind: 'bye', ssrcs: [this.#ssrc] },
    ]);
  }

  #reception(now: Instant): RtcpPacket[] {
    const source = this.lane.current;
    if (!source) return [{ kind: 'receiver-report', ssrc: this.#ssrc, reports: [] }];
    const { log, ssrc } = source;
    if (ssrc !== this.#about) this.#loss.restart();
    this.#about = ssrc;
    const { lastReport } = this.lane;
    const answered = lastReport?.ssrc === ssrc ? lastReport : undefined;
    return [
      {
        kind: 'receiver-report',
        ssrc: this.#ssrc,
        reports: [
          {
            ssrc,
            fractionLost: this.#loss.take(log),
            lost: log.lost,
            highestSequence: log.highest % 2 ** 32,
            jitter: Math.round((log.jitterMs * source.clockRate) / 1000),
            lastSr: answered ? Number((answered.ntp >> 16n) & 0xffff_ffffn) : 0,
            delaySinceLastSr: answered
              ? Math.round(((now - answered.at) * 65_536) / 1000) % 2 ** 32
              : 0,
          },
        ],
      },
    ];
  }

  #description(): RtcpPacket {
    return { kind: 'source-description', sources: [{ ssrc: this.#ssrc, cname: this.cname }] };
  }
}
