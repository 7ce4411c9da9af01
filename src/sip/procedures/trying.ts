import type { Cancel, Clock, Millis } from '../../core';
import type { IncomingRequest } from '../../ua';

/**
 * An engine takes an application that says nothing for lost, and answers 504 in its place. One whose other
 * side is slow to answer is not: after this long, 100 says that the request is being worked on. It is also
 * when RFC 4320 §4.1 asks for a 100 to requests that are no INVITE, and not earlier over UDP.
 */
const SAY_SOMETHING_WITHIN_MS: Millis = 4_000;

/** Says 100 unless it is stopped before: by the answer. */
export function tryingSoon(clock: Clock, request: IncomingRequest): Cancel {
  return clock.after(SAY_SOMETHING_WITHIN_MS, () => {
    request.respond(100).catch(() => {});
  });
}

/** Says 100 when the other side's answer is long in coming. */
export async function patiently<Result>(
  clock: Clock,
  request: IncomingRequest,
  answer: Promise<Result>,
): Promise<Result> {
  const stop = tryingSoon(clock, request);
  try {
    return await answer;
  } finally {
    stop();
  }
}
