import type { CallFacts } from '../metadata/call-facts';
import type { RecordingRequest, RecordingTarget } from './recording';

/** What dialects may say of the call to be recorded; `extensionId` is a UUID nobody else has. */
export function callFacts(
  request: RecordingRequest,
  target: RecordingTarget,
  extensionId: string,
): CallFacts {
  const { recordingId, groupId, callId, direction, recorded, account, redirection } = request;
  const other = request.others[0]?.aor;
  const [calling, called] = direction === 'in' ? [other, recorded.aor] : [recorded.aor, other];
  return {
    recordingId,
    correlationId: groupId,
    extensionId,
    callId,
    direction,
    recorded,
    account,
    calling,
    called,
    redirection,
    recordingType: target.recordingType ?? 'on',
  };
}
