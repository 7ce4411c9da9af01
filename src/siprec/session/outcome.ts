import { Fault, type Log } from '../../core';
import type { ForkStats } from '../../media';
import type { Ending } from './protocol';
import type { Label, RecordingOutcome, RecordingRequest, RecordingTarget } from './recording';

export interface Account {
  readonly target: RecordingTarget;
  readonly request: RecordingRequest;
  readonly ending: Ending;
  readonly recordedLabels: readonly Label[];
  readonly counters: ReadonlyMap<Label, ForkStats>;
  readonly status: number | undefined;
  readonly recorderCallId: string | undefined;
  readonly invitedAt: Date;
  readonly answeredAt: Date | undefined;
  readonly endedAt: Date;
}

/** Gives account of a recording that has ended. */
export function outcomeOf(account: Account): RecordingOutcome {
  const { target, request, recordedLabels, counters } = account;
  const { recorded, fault } = withLosses(account);
  return {
    recordingId: request.recordingId,
    callId: request.callId,
    target: target.name,
    recorded,
    fault,
    reason: fault?.message ?? 'recorded from its beginning until it was stopped',
    status: account.status,
    recorderCallId: account.recorderCallId,
    invitedAt: account.invitedAt,
    answeredAt: account.answeredAt,
    endedAt: account.endedAt,
    streams: request.streams.map(({ label, sender }) => ({
      label,
      sender,
      recorded: recordedLabels.includes(label),
      stats: counters.get(label),
    })),
  };
}

/** What the forks could not keep until the recorder was ready is missing, and what was said when they were gone. */
function withLosses({ ending, counters, recordedLabels }: Account): {
  readonly recorded: RecordingOutcome['recorded'];
  readonly fault: Fault | undefined;
} {
  const { recorded, fault } = ending;
  if (fault) return { recorded, fault: new Fault(fault.code, fault.detail) };
  if (recorded !== 'fully') return { recorded, fault: undefined };
  const cut = recordedLabels.filter((label) => counters.get(label)?.cut);
  if (cut.length > 0) {
    const detail = `any more: what stream ${cut.join(' and ')} copied ended before the recording`;
    return { recorded: 'partly', fault: new Fault('NOTHING_RECORDABLE', detail) };
  }
  const sum = (what: 'dropped' | 'crowdedOut'): number =>
    recordedLabels.reduce((total, label) => total + (counters.get(label)?.[what] ?? 0), 0);
  const [dropped, crowdedOut] = [sum('dropped'), sum('crowdedOut')];
  if (dropped === 0) return { recorded, fault: undefined };
  const why = crowdedOut > 0 ? `, ${crowdedOut} of them for want of memory for all calls` : '';
  const detail = `in time: ${dropped} packets of the beginning could not be kept until it was ready${why}`;
  return { recorded: 'partly', fault: new Fault('RECORDER_UNREACHABLE', detail) };
}

/** One line for the operator; no identity of a person is in it. */
export function logOutcome(log: Log, outcome: RecordingOutcome): void {
  const { recorded, fault, reason, status, recorderCallId, streams } = outcome;
  const packets = Object.fromEntries(streams.map(({ label, stats }) => [label, stats?.packets]));
  const fields = { recorded, fault: fault?.code, reason, status, recorderCallId, packets };
  if (fault) log.warn(fields, 'recording ended');
  else log.info(fields, 'recording ended');
}
