import type { Recording } from '../recorder';
import { channelNames, filesOf, recordingFileUrl } from './recording-files';
import type { LiveCall, LiveRecording } from './status-source';

/** A call as JSON: times in RFC 3339, what is not known yet as null. */
export function showCall(call: LiveCall): object {
  return {
    id: call.id,
    state: call.state,
    caller: call.caller,
    callee: call.callee,
    startedAt: call.startedAt.toISOString(),
    answeredAt: call.answeredAt?.toISOString() ?? null,
    recordings: call.recordings.map(showRecordingState),
    hearing: call.hearing.map(({ listener, announcement, reminderSeconds }) => ({
      listener,
      announcement: announcement ?? null,
      reminderSeconds: reminderSeconds ?? null,
    })),
  };
}

/** What is recorded of a user in a live call. */
export function showRecordingState({ since, pausedBy, ...state }: LiveRecording): object {
  return { ...state, since: since?.toISOString() ?? null, pausedBy: pausedBy ?? null };
}

/** A recording in a list. */
export function summarizeRecording(recording: Recording): object {
  return {
    id: recording.id,
    state: recording.state,
    startedAt: recording.startedAt,
    endedAt: recording.endedAt ?? null,
    durationMs: recording.durationMs,
    channels: channelNames(recording),
    callId: recording.sip.callId,
    files: showFiles(recording),
  };
}

/** All that is known of a recording: its sidecar, with URLs in the place of paths. */
export function showRecording(recording: Recording): object {
  const { audio: _audio, sidecar: _sidecar, ...document } = recording;
  return { ...document, files: showFiles(recording) };
}

function showFiles(recording: Recording): object[] {
  return filesOf(recording).map(({ name, type }) => ({
    name,
    type,
    url: recordingFileUrl(recording.id, name),
  }));
}
