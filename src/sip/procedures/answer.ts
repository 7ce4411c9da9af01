import { FAULTS } from '../../core';
import type { Answer, Dialog, IncomingResponse } from '../../ua';
import type { Attempt } from '../call/attempt';
import type { CallParts } from '../call/environment';
import type { Failure } from '../call/signals';
import { descriptionOf, keptBody, NO_BODY, passBody } from '../media/bodies';
import { responseHeaders } from './carry';
import { timerForCaller } from './session-timer';

/** Seconds after which a caller refused for our own state may try again. */
const RETRY_AFTER_S = '5';

/**
 * Passes the callee's 2xx on. What both sides say from this moment on is kept for the recorders. Undefined when
 * the caller is gone already.
 * @throws Fault when the answer cannot be used; anything else when it cannot be sent
 */
export async function answerCaller(call: CallParts, attempt: Attempt): Promise<Dialog | undefined> {
  const response = attempt.response!;
  const invited = descriptionOf(call.caller.invite) !== undefined;
  const gone = () => call.over || call.caller.answered;
  // Before the answer is written: it says whether the call is recorded.
  const begin = () => {
    if (gone()) return;
    call.recordings.identified('callee', response);
    call.recordings.begin(call.media);
  };
  const passed = await passBody(call, 'b', response, invited ? 'answer' : 'offer', begin);
  if (!passed.described) {
    if (invited) await call.media.confirm();
    begin();
  }
  if (gone()) return undefined;
  const headers = call.notices.supported(
    'caller',
    responseHeaders(call.env, response, response.status, passed),
  );
  return call.caller.accept({
    reason: response.reason,
    headers: timerForCaller(headers, call.caller.invite, call.env.sessionExpiresS),
    body: passed.body,
  });
}

/** Refuses the caller as the callee has refused us, or for a reason of our own. */
export async function refuseCaller(
  call: CallParts,
  failure: Failure,
  response: IncomingResponse | undefined,
): Promise<void> {
  const { status, answer } = response ? relayed(call, response) : made(failure);
  await call.caller.reject(status, answer).catch((error: unknown) => {
    call.log.debug({ reason: String(error) }, 'refusal not sent to the caller');
  });
}

function relayed(call: CallParts, response: IncomingResponse): { status: number; answer: Answer } {
  const { status, reason } = response;
  // A description in a refusal (RFC 3261 §21.4.26) tells of addresses behind us, and opens nothing.
  const passed = descriptionOf(response) === undefined ? keptBody(response) : NO_BODY;
  const headers = responseHeaders(call.env, response, status, passed);
  return {
    status,
    answer: { reason, headers, body: passed.body },
  };
}

function made(failure: Failure): { status: number; answer: Answer } {
  if (failure.kind === 'response') return { status: 500, answer: {} };
  const { fault } = failure;
  if (fault === undefined) return { status: failure.status ?? 500, answer: {} };
  const { sip, retry, says } = FAULTS[fault];
  const status = failure.status ?? sip;
  const headers = {
    Warning: `399 twintrack "${says}"`,
    ...(retry && status === 503 && { 'Retry-After': RETRY_AFTER_S }),
  };
  return { status, answer: { headers } };
}
