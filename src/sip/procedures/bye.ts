import { FAULTS, type FaultCode } from '../../core';
import type { Headers, SipMessage } from '../../ua';
import type { CallEnvironment } from '../call/environment';
import { keptBody } from '../media/bodies';
import { requestHeaders, sipReason } from './carry';

/** The other side hung up, the engine did, it does not know the call any more; or it was us. */
export type ByeCause = 'peer' | 'engine' | 'dead' | 'late' | FaultCode;

/** Headers of the BYE to the other side: what the BYE that came said, or why we end the call. */
export function byeHeaders(
  env: Pick<CallEnvironment, 'headers' | 'references'>,
  cause: ByeCause,
  message: SipMessage | undefined,
): Headers {
  switch (cause) {
    case 'peer':
    case 'engine': {
      if (!message) return { Reason: sipReason(503, 'control link lost') };
      const {
        Allow: _a,
        Supported: _s,
        ...headers
      } = requestHeaders(env, message, keptBody(message));
      return withoutBody(headers);
    }
    case 'dead':
      return { Reason: sipReason(481, 'Call/Transaction Does Not Exist') };
    case 'late':
      return { Reason: sipReason(487, 'Request Terminated') };
    default:
      return { Reason: sipReason(FAULTS[cause].sip, FAULTS[cause].says) };
  }
}

/** A BYE is sent without its body, so what describes one must not go. */
function withoutBody(headers: Headers): Headers {
  const kept: Record<string, string | readonly string[]> = {};
  for (const name in headers) {
    if (!/^(content-|mime-version$)/i.test(name)) kept[name] = headers[name]!;
  }
  return kept;
}
