import type { Millis } from '../../core';
import type { Timeline } from '../timeline/timeline';
import type { Line } from './line';
import type { LineReport } from './messages';

/** What came on a line so far, as plain data. `wallOffset` is wall-clock time minus local time. */
export function reportOf(line: Line, timeline: Timeline, wallOffset: Millis): LineReport {
  const { lane } = line;
  const { eldest, tally } = lane;
  const toMs = (frames: number): Millis => rounded((frames * 1000) / timeline.rate);
  const placed = [eldest, ...lane.sources].find((source) => source?.strip.offset !== undefined);
  return {
    line: line.number,
    label: line.label,
    channel: lane.channel,
    formats: lane.formatCounts.map(({ format: { name, clockRate, kept }, packets }) => ({
      name,
      clockRate,
      kept,
      packets,
    })),
    ssrcs: lane.ssrcs,
    ...tally,
    slippedMs: rounded(tally.slippedMs),
    jitterMs: rounded(lane.current?.log.jitterMs ?? 0),
    strangers: line.strangers,
    malformed: line.malformed,
    ...line.refused,
    whilePaused: lane.whilePaused,
    firstPacketAt: eldest && eldest.firstArrival! + wallOffset,
    offsetMs: placed && toMs(placed.strip.start),
    aligned: placed && (placed.alignment.clock ? 'sender-reports' : 'arrival'),
    pauses: lane.pauses.map(({ from, to }) => ({
      fromMs: rounded(timeline.positionOf(from)),
      toMs: to === undefined ? undefined : rounded(timeline.positionOf(to)),
    })),
    gaps: lane.gaps.runs.map(({ frame, frames, packets }) => ({
      atMs: toMs(frame),
      lengthMs: toMs(frames),
      packets,
    })),
  };
}

/** To a tenth of a millisecond. */
function rounded(ms: Millis): Millis {
  return Math.round(ms * 10) / 10;
}
