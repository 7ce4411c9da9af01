import type { Headers, SipMessage } from '../../ua';
import type { CallEnvironment } from '../call/environment';
import { keptHeaders, negotiatedHeaders } from '../headers';
import type { PassedBody } from '../media/bodies';

type Environment = Pick<CallEnvironment, 'headers' | 'references'>;

/** Headers of a request for the other leg: everything but From, To and Max-Forwards. */
export function requestHeaders(env: Environment, message: SipMessage, body: PassedBody): Headers {
  return {
    ...keptHeaders(message, env.headers),
    ...negotiatedHeaders(message),
    ...env.references.carried(message),
    ...body.headers,
  };
}

/** Headers of a response for the other leg; `status` is its own. */
export function responseHeaders(
  env: Environment,
  message: SipMessage,
  status: number,
  body: PassedBody,
): Headers {
  // RFC 3261 §21.3, §21.4.23: there the Contact is the message.
  const redirection = (status >= 300 && status < 400) || status === 485;
  const { Require: _leg, ...negotiated } = negotiatedHeaders(message) as Record<string, string>;
  return {
    ...keptHeaders(message, { ...env.headers, redirection }),
    ...negotiated,
    ...body.headers,
  };
}

/** RFC 3326. */
export function sipReason(cause: number, text: string): string {
  return `SIP;cause=${cause};text="${text}"`;
}
