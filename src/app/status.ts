import { basename, dirname, join } from 'node:path';
import type { LiveCall, LiveRecording, RecordingEntry, StatusSource } from '../api';
import type { Metrics } from '../metrics';
import type { Recorder, Recording } from '../recorder';
import type { B2bua, CallSnapshot } from '../sip';

/** The page and its list show no more than this many of the newest. */
const MOST_RECORDINGS = 10_000;

/** What keeps the service from taking calls, one sentence each. */
export type Reasons = () => readonly string[];

/** What the HTTP side shows. */
export function statusSource(of: {
  b2bua: B2bua;
  recorder: Recorder | undefined;
  metrics: Metrics;
  reasons: Reasons;
}): StatusSource {
  return {
    readiness: () => {
      const reasons = of.reasons();
      return { ready: reasons.length === 0, reasons };
    },
    calls: () => of.b2bua.calls().map(liveCall),
    recordings: async () => {
      const recordings = await of.recorder?.recordings({ limit: MOST_RECORDINGS });
      return (recordings ?? []).map(entryOf);
    },
    metrics: async () => ({
      contentType: of.metrics.contentType,
      text: await of.metrics.expose(),
    }),
  };
}

const CALL_STATES: Readonly<Record<CallSnapshot['state'], LiveCall['state']>> = {
  idle: 'routing',
  hunting: 'ringing',
  answering: 'ringing',
  talking: 'answered',
  over: 'ending',
};

const RECORDING_STATES: Readonly<Record<string, LiveRecording['state']>> = {
  idle: 'starting',
  inviting: 'starting',
  active: 'recording',
  pausing: 'paused',
  paused: 'paused',
  ending: 'ended',
  ended: 'ended',
  failed: 'failed',
};

function liveCall({
  id,
  state,
  caller,
  callee,
  setupAt,
  answeredAt,
  recordings,
}: CallSnapshot): LiveCall {
  return {
    id,
    state: CALL_STATES[state],
    caller,
    callee,
    startedAt: setupAt,
    answeredAt,
    recordings: recordings.map((recording) => ({
      user: recording.user,
      state: RECORDING_STATES[recording.state] ?? 'starting',
    })),
  };
}

function entryOf(recording: Recording): RecordingEntry {
  const { id, startedAt, endedAt, durationMs, state, streams, wav, audio, sidecar, pcap } =
    recording;
  const beside = (name: string): string => join(dirname(sidecar), name);
  return {
    id,
    startedAt: new Date(startedAt),
    endedAt: endedAt === undefined ? undefined : new Date(endedAt),
    durationSeconds: durationMs / 1000,
    complete: state === 'finished' && streams.every(({ lost }) => lost === 0),
    channels: Array.from({ length: wav.channels }, (_, index) => heardOn(recording, index + 1)),
    files: [
      ...(endedAt === undefined ? [] : [{ name: wav.file, path: audio, type: 'audio/wav' }]),
      { name: basename(sidecar), path: sidecar, type: 'application/json' },
      ...(pcap === undefined
        ? []
        : [{ name: pcap, path: beside(pcap), type: 'application/vnd.tcpdump.pcap' }]),
    ],
  };
}

/** The names of those who are heard on a channel. */
function heardOn({ participants }: Recording, channel: number): string {
  const speakers = participants.filter(({ channels }) => channels.includes(channel));
  return speakers.map(({ name, aors, id }) => name ?? aors[0] ?? id).join(', ');
}
