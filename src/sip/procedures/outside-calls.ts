import type { IncomingRequest } from '../../ua';
import type { CallEnvironment } from '../call/environment';
import { ACCEPT, CALL_METHODS } from '../headers';
import { keptBody } from '../media/bodies';
import type { Peer } from '../routing';
import { requestHeaders, responseHeaders } from './carry';
import { nextMaxForwards, parties } from './invite';
import { patiently } from './trying';

type Environment = Pick<
  CallEnvironment,
  'agent' | 'clock' | 'headers' | 'references' | 'router' | 'own'
>;

const ALLOW = { Allow: CALL_METHODS.join(', ') };

/** What a peer sends that belongs to no call: OPTIONS is answered here, MESSAGE goes where a call would go. */
export async function answerOutsideCalls(
  env: Environment,
  peer: Peer,
  request: IncomingRequest,
): Promise<void> {
  switch (request.method) {
    case 'OPTIONS':
      await request.respond(200, {
        headers: {
          ...ALLOW,
          Accept: ACCEPT,
          'Accept-Encoding': 'identity',
        },
      });
      return;
    case 'MESSAGE':
      await patiently(env.clock, request, routeMessage(env, peer, request));
      return;
    case 'SUBSCRIBE':
    case 'PUBLISH':
      // RFC 6665 §4.1.2.1: no event package is served here.
      await request.respond(489, { headers: ALLOW });
      return;
    default:
      await request.respond(405, { headers: ALLOW });
  }
}

/** RFC 3428: to the first target that takes it, by the rules of calls. */
async function routeMessage(env: Environment, peer: Peer, request: IncomingRequest): Promise<void> {
  if (nextMaxForwards(request.header('max-forwards')) === undefined) {
    await request.respond(483);
    return;
  }
  const routed = env.router.route(peer, request.uri);
  if (!routed) {
    await request.respond(404);
    return;
  }
  const passed = keptBody(request);
  for (const [index, target] of routed.targets.entries()) {
    const headers = {
      ...requestHeaders(env, request, passed),
      ...parties(env, request, target),
    };
    const answer = await env.agent.request('MESSAGE', {
      uri: target.uri,
      headers,
      body: passed.body,
    });
    const failed = answer.status === 408 || (answer.status >= 500 && answer.status < 600);
    if (failed && index + 1 < routed.targets.length) continue;
    const back = keptBody(answer);
    await request.respond(answer.status, {
      reason: answer.reason,
      headers: responseHeaders(env, answer, answer.status, back),
      body: back.body,
    });
    return;
  }
}
