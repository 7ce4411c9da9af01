import { DialogGone, type IncomingRequest } from '../../ua';
import type { CallParts } from '../call/environment';
import type { Leg } from '../call/leg';
import { keptBody } from '../media/bodies';
import { requestHeaders, responseHeaders } from './carry';
import { patiently } from './trying';

const DOES_NOT_EXIST = 481;

/**
 * INFO, MESSAGE, NOTIFY, REFER, OPTIONS, SUBSCRIBE, PUBLISH and whatever else comes inside a call: crosses to
 * the other side as it is, and the answer comes back. Resolves with the answer's status.
 */
export async function relayRequest(
  { env, log }: Pick<CallParts, 'env' | 'log'>,
  request: IncomingRequest,
  to: Leg | undefined,
): Promise<number> {
  const passed = keptBody(request);
  const content = { headers: requestHeaders(env, request, passed), ...withBody(passed.body) };
  try {
    if (!to) throw new DialogGone('there is no other side yet');
    const answer = await patiently(env.clock, request, to.request(request.method, content));
    const back = keptBody(answer);
    await request.respond(answer.status, {
      reason: answer.reason,
      headers: responseHeaders(env, answer, answer.status, back),
      ...withBody(back.body),
    });
    return answer.status;
  } catch (error) {
    if (!(error instanceof DialogGone)) log.debug({ err: error }, 'request not relayed');
    await request.respond(DOES_NOT_EXIST).catch(() => {});
    return DOES_NOT_EXIST;
  }
}

function withBody(body: string | undefined): { body?: string } {
  return body === undefined ? {} : { body };
}
