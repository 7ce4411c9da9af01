import type { LiveCall, LiveRecording, StatusSource } from '../api';
import type { Metrics } from '../metrics';
import type { Recorder } from '../recorder';
import type { B2bua, CallSnapshot } from '../sip';

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
    recordings: async (query) => (await of.recorder?.recordings(query)) ?? [],
    recording: async (id) => of.recorder?.recording(id),
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
  off: 'off',
  idle: 'starting',
  inviting: 'starting',
  changing: 'starting',
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
  hearing,
}: CallSnapshot): LiveCall {
  return {
    id,
    state: CALL_STATES[state],
    caller,
    callee,
    startedAt: setupAt,
    answeredAt,
    recordings: recordings.map((recording) => ({
      ...recording,
      state: RECORDING_STATES[recording.state] ?? 'starting',
    })),
    hearing,
  };
}
