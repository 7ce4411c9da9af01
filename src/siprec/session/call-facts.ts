import type { CallFacts } from '../metadata/call-facts';
import type { RecordingRequest, RecordingTarget } from './recording';

/** What dialects may say of the call to be recorded; the ids are UUIDs nobody else has. */
export function callFacts(
  request: RecordingRequest,
  { account, recordingType = 'on' }: RecordingTarget,
  { recordingId, extensionId }: Pick<CallFacts, 'recordingId' | 'extensionId'>,
): CallFacts {
  const { groupId, callId, direction, recorded, redirection } = request;
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
    recordingType,
  };
}
