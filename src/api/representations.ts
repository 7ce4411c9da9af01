import { recordingFileUrl } from './recording-url';
import type { LiveCall, RecordingEntry } from './status-source';

/** A call as JSON: times in RFC 3339, what is not known yet as null. */
export function showCall(call: LiveCall): object {
  return {
    id: call.id,
    state: call.state,
    caller: call.caller,
    callee: call.callee,
    startedAt: call.startedAt.toISOString(),
    answeredAt: call.answeredAt?.toISOString() ?? null,
    recordings: call.recordings.map(({ user, state, fault }) => ({
      user,
      state,
      fault: fault ?? null,
    })),
  };
}

/** A recording as JSON; its files by URL. */
export function showRecording(recording: RecordingEntry): object {
  const { id, files } = recording;
  return {
    id,
    startedAt: recording.startedAt.toISOString(),
    endedAt: recording.endedAt?.toISOString() ?? null,
    durationSeconds: recording.durationSeconds,
    complete: recording.complete,
    channels: recording.channels,
    files: files.map(({ name, type }) => ({ name, type, url: recordingFileUrl(id, name) })),
  };
}
