import type { Millis } from '../../core';
import type { Source } from '../timeline/source';
import type { Timeline } from '../timeline/timeline';
import type { Line } from './line';
import type { LineReport } from './messages';

/** What came on a line so far, as plain data. `wallOffset` is wall-clock time minus local time. */
export function reportOf(line: Line, timeline: Timeline, wallOffset: Millis): LineReport {
  const { lane } = line;
  const { sources } = lane;
  const sum = (of: (source: Source) => number): number =>
    sources.reduce((total, source) => total + of(source), 0);
  const toMs = (frames: number): Millis => rounded((frames * 1000) / timeline.rate);
  const [first] = sources.filter(({ firstArrival }) => firstArrival !== undefined);
  const [placed] = sources.filter(({ offset }) => offset !== undefined);
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
    packets: sum(({ log }) => log.received),
    octets: sum(({ octets }) => octets),
    lost: sum(({ log }) => log.lost),
    duplicates: sum(({ log }) => log.duplicates),
    reordered: sum(({ log }) => log.reordered),
    late: sum(({ late }) => late),
    jitterMs: rounded(lane.current?.log.jitterMs ?? 0),
    strangers: line.strangers,
    malformed: line.malformed,
    whilePaused: lane.whilePaused,
    firstPacketAt: first && first.firstArrival! + wallOffset,
    offsetMs: placed && toMs(placed.start),
    aligned: placed && (placed.alignment.clock ? 'sender-reports' : 'arrival'),
    slippedMs: rounded(sum(({ slippedMs }) => slippedMs)),
    pauses: lane.pauses.map(({ from, to }) => ({
      fromMs: rounded(timeline.positionOf(from)),
      toMs: to === undefined ? undefined : rounded(timeline.positionOf(to)),
    })),
    gaps: sources
      .flatMap(({ gaps }) => gaps.runs)
      .map(({ frame, frames, packets }) => ({
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
