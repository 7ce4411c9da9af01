import { Fault, type Log } from '../../core';
import type { ForkStats } from '../../media';
import type { Ending } from './protocol';
import type { Label, RecordingOutcome, RecordingPart, RecordingRequest } from './recording';

export interface Account {
  /** Name of the first recorder. */
  readonly target: string;
  readonly request: RecordingRequest;
  readonly ending: Ending;
  /** What each recorder had, in order. */
  readonly parts: readonly RecordingPart[];
  readonly recordedLabels: readonly Label[];
  readonly counters: ReadonlyMap<Label, ForkStats>;
  readonly begunAt: Date;
  readonly endedAt: Date;
}

/** Gives account of a recording that has ended. */
export function outcomeOf(account: Account): RecordingOutcome {
  const { target, request, parts, recordedLabels, counters, begunAt, endedAt } = account;
  const { recorded, fault } = withLosses(account);
  const taken = parts.filter(({ answeredAt }) => answeredAt);
  const main = taken.at(-1) ?? parts[0];
  return {
    recordingId: request.recordingId,
    callId: request.callId,
    target: main?.target ?? target,
    recorded,
    fault,
    reason: fault?.message ?? 'recorded from its beginning until it was stopped',
    status: main?.status,
    recorderCallId: main?.recorderCallId,
    invitedAt: begunAt,
    answeredAt: taken[0]?.answeredAt,
    endedAt,
    parts,
    streams: request.streams.map(({ label, sender }) => ({
      label,
      sender,
      recorded: recordedLabels.includes(label),
      stats: counters.get(label),
    })),
  };
}

/** What the forks could not keep until the recorder was ready is missing, and what was said when they were gone. */
function withLosses({ ending, parts, counters, recordedLabels }: Account): {
  readonly recorded: RecordingOutcome['recorded'];
  readonly fault: Fault | undefined;
} {
  const { recorded, fault } = ending;
  const sum = (what: 'dropped' | 'crowdedOut'): number =>
    recordedLabels.reduce((total, label) => total + (counters.get(label)?.[what] ?? 0), 0);
  const [dropped, crowdedOut] = [sum('dropped'), sum('crowdedOut')];
  const why = crowdedOut > 0 ? `, ${crowdedOut} of them for want of memory for all calls` : '';
  if (fault) {
    if (parts.length < 2) return { recorded, fault: new Fault(fault.code, fault.detail) };
    const unkept = dropped > 0 ? [`${dropped} packets could not be kept meanwhile${why}`] : [];
    const told = parts.some(({ detail }) => detail === fault.detail);
    const own = told ? [] : [fault.detail];
    const detail = [...own, ...parts.flatMap(saysOf), ...unkept].join('; ');
    return { recorded, fault: new Fault(fault.code, detail) };
  }
  if (recorded !== 'fully') return { recorded, fault: undefined };
  const cut = recordedLabels.filter((label) => counters.get(label)?.cut);
  if (cut.length > 0) {
    const detail = `any more: what stream ${cut.join(' and ')} copied ended before the recording`;
    return { recorded: 'partly', fault: new Fault('NOTHING_RECORDABLE', detail) };
  }
  if (dropped === 0) return { recorded, fault: undefined };
  const detail = `in time: ${dropped} packets of the beginning could not be kept until it was ready${why}`;
  return { recorded: 'partly', fault: new Fault('RECORDER_UNREACHABLE', detail) };
}

/**
 * How it went with one of several recorders. Of one that was lost, what it was sent since it was last heard of may be
 * missing: nobody has confirmed that.
 */
function saysOf({ target, answeredAt, from, heardAt, endedAt, fault, detail }: RecordingPart) {
  if (!from) return [`${target}: ${detail ?? 'it was sent nothing'}`];
  const has = `${target} has it from ${from.toISOString()} on`;
  if (!fault) return [has];
  const heard = heardAt ?? answeredAt ?? from;
  const missing = `what it was sent since ${heard.toISOString()} may be missing`;
  return [`${has} until ${endedAt.toISOString()}: ${detail}, and ${missing}`];
}

/** One line for the operator; no identity of a person is in it. */
export function logOutcome(log: Log, outcome: RecordingOutcome): void {
  const { target: recorder, recorded, fault, reason, status, recorderCallId } = outcome;
  const { streams, parts } = outcome;
  const packets = Object.fromEntries(streams.map(({ label, stats }) => [label, stats?.packets]));
  const fields = {
    recorder,
    recorded,
    fault: fault?.code,
    reason,
    status,
    recorderCallId,
    packets,
    ...(parts.length > 1 && { parts }),
  };
  if (fault) log.warn(fields, 'recording ended');
  else log.info(fields, 'recording ended');
}
