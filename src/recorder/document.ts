import { basename } from 'node:path';
import { PCAP, WAV } from './files/paths';
import type { LineReport, TakeReport } from './intake/messages';
import type { Gap, Pause, RecordingDocument } from './recording';
import { streamFacts } from './session/facts';
import { rateOf } from './session/plan';
import type { Session } from './session/session';

/** What a sidecar says when its recording begins. `base` is the path of its files without ending. */
export function firstDocument(session: Session, base: string, startedAt: Date): RecordingDocument {
  const { plan, id, facts, participants } = session;
  return {
    version: 1,
    id,
    state: 'recording',
    recovered: false,
    startedAt: startedAt.toISOString(),
    durationMs: 0,
    wav: { file: basename(`${base}${WAV}`), rate: rateOf(plan), channels: plan.channels.count },
    sip: facts,
    participants,
    streams: [],
    pauses: [],
    gaps: [],
    metadata: session.knowledge.documents,
  };
}

/** What there is to tell of the audio, so far or in the end. */
export function audioFacts(
  { startedAt, durationMs, lines, pcap, failure }: TakeReport,
  base: string,
): Partial<RecordingDocument> {
  const users = new Map<number, number>();
  for (const { channel } of lines) users.set(channel, (users.get(channel) ?? 0) + 1);
  return {
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round(durationMs),
    streams: lines.map((report) => streamFacts(report, (users.get(report.channel) ?? 0) > 1)),
    pauses: lines.flatMap(pausesOf),
    gaps: lines.flatMap(gapsOf),
    ...(pcap && { pcap: basename(`${base}${PCAP}`) }),
    ...(failure !== undefined && { failure }),
  };
}

function pausesOf({ channel, pauses }: LineReport): Pause[] {
  return pauses.map(({ fromMs, toMs }) => ({
    channel: channel + 1,
    fromMs,
    ...(toMs !== undefined && { toMs }),
  }));
}

function gapsOf({ channel, gaps }: LineReport): Gap[] {
  return gaps.map((gap) => ({ channel: channel + 1, ...gap }));
}
