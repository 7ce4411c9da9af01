import { freePort } from '../../support/ports';
import { House } from './house';
import { type Play, play } from './play';
import {
  awaitCall,
  call,
  calleeSends,
  callerAcksFailure,
  callerCancels,
  callerSends,
  expectRequest,
  expectResponse,
  respond,
  respondAfterCancel,
  respondInside,
  scenario,
  sdp,
} from './scenario';
import { sipp } from './sipp';

const TRYING = expectResponse(100, { optional: true });
const RINGING = expectResponse(180, { optional: true });

/** A caller that gets this status. */
function refused(status: number, has: string[] = [], lacks: string[] = []): string {
  return scenario(
    call({ body: sdp() }),
    TRYING,
    RINGING,
    expectResponse(status, { has, lacks }),
    callerAcksFailure(),
  );
}

function refusing(status: number, reason: string, headers: string[] = []): string {
  return scenario(awaitCall(), respond(status, reason, { headers }), expectRequest('ACK'));
}

const answering = scenario(
  awaitCall(),
  respond(200, 'OK', { body: sdp() }),
  expectRequest('ACK'),
  expectRequest('BYE'),
  respondInside(200, 'OK'),
);

const talking = scenario(
  call({ body: sdp() }),
  TRYING,
  RINGING,
  expectResponse(200),
  callerSends('ACK', 1),
  callerSends('BYE', 2),
  expectResponse(200),
);

describe('a call that does not come about', () => {
  let house: House | undefined;

  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  async function played(options: Play): Promise<House> {
    house = await play(options);
    return house;
  }

  it('is refused with the code, the phrase and the causes that the callee gave', async () => {
    const headers = [
      'Reason: Q.850;cause=17;text="User busy"',
      'Warning: 399 pbx "on the phone, again"',
      'Retry-After: 120',
      'X-Detail: kept',
      'Contact: <sip:hidden@10.9.8.7>',
    ];
    const { records } = await played({
      caller: refused(
        486,
        [
          'SIP/2.0 486 Busy Just Now',
          'Reason: Q.850;cause=17',
          'Warning: 399 pbx .on the phone, again',
          'Retry-After: 120',
          'X-Detail: kept',
        ],
        ['10.9.8.7'],
      ),
      callee: refusing(486, 'Busy Just Now', headers),
    });
    expect(records[0]).toMatchObject({
      end: {
        by: 'callee',
        code: 486,
        reason: 'Busy Just Now',
        cause: 'Q.850;cause=17;text="User busy"',
      },
      answeredAt: undefined,
      durationMs: 0,
    });
  });

  it.each([
    [404, 'Not Found'],
    [433, 'Anonymity Disallowed'],
    [499, 'Nobody Knows'],
    [603, 'Decline'],
    [607, 'Unwanted'],
  ])('passes a %i through', async (status, reason) => {
    const { records } = await played({
      caller: refused(status),
      callee: refusing(status, reason),
    });
    expect(records[0]!.end.code).toBe(status);
  });

  it('passes a challenge and the credentials that follow through', async () => {
    const challenge = 'Proxy-Authenticate: Digest realm="trunk", nonce="abc", qop="auth,auth-int"';
    const { records } = await played({
      caller: refused(407, [
        'Proxy-Authenticate: Digest realm=.trunk., nonce=.abc., qop=.auth,auth-int.',
      ]),
      callee: refusing(407, 'Proxy Authentication Required', [challenge]),
    });
    expect(records[0]!.end.code).toBe(407);
  });

  it('passes a redirection with its contacts', async () => {
    await played({
      caller: refused(302, ['Contact: <sip:carol@192.0.2.7>;q=0.7', 'Diversion: <sip:bob@pbx>']),
      callee: refusing(302, 'Moved Temporarily', [
        'Contact: <sip:carol@192.0.2.7>;q=0.7',
        'Diversion: <sip:bob@pbx>;reason=unconditional',
      ]).replace(/Contact: &lt;sip:bob.*\n|Contact: <sip:bob[^\n]*\n/, ''),
    });
  });

  it('follows a redirection where that is configured', async () => {
    const second = await freePort();
    const other = await sipp({ scenario: answering, port: second });
    const { records } = await played({
      caller: talking,
      callee: refusing(302, 'Moved', [`Contact: <sip:100@127.0.0.1:${second}>`]).replace(
        /Contact: <sip:bob[^\n]*\n/,
        '',
      ),
      redirects: 'follow',
    });
    expect((await other.done).code).toBe(0);
    expect(records[0]!.attempts.map(({ status }) => status)).toEqual([302, 200]);
  });

  it('goes to the next target after a 503, a dead TCP port and silence', async () => {
    const refusingPort = await freePort();
    const silentPort = await freePort();
    const unwilling = await sipp({ scenario: refusing(503, 'Full'), port: refusingPort });
    const silent = await sipp({
      scenario: scenario(
        awaitCall(),
        respond(180, 'Ringing'),
        expectRequest('CANCEL'),
        respondInside(200, 'OK'),
        respondAfterCancel(487, 'Request Terminated'),
        expectRequest('ACK'),
      ),
      port: silentPort,
    });
    const { records } = await played({
      caller: talking,
      callee: answering,
      targets: [
        `sip:127.0.0.1:${refusingPort}`,
        `sip:127.0.0.1:${await freePort()};transport=tcp`,
        `sip:127.0.0.1:${silentPort}`,
        'callee',
      ],
      // Of which the others take as little as they need, and the silent one all.
      ringMs: 3_000,
    });
    silent.stop();
    expect((await unwilling.done).code).toBe(0);
    expect(records[0]!.attempts.map(({ status, cancelled }) => [status, cancelled])).toEqual([
      [503, undefined],
      [503, undefined],
      [487, 'timeout'],
      [200, undefined],
    ]);
  });

  it('is cancelled at the callee when the caller cancels, with the reason', async () => {
    const { records } = await played({
      caller: scenario(
        call({ body: sdp() }),
        TRYING,
        expectResponse(180),
        callerCancels({ headers: ['Reason: SIP;cause=200;text="Call completed elsewhere"'] }),
        expectResponse(200),
        expectResponse(487),
        callerAcksFailure(),
      ),
      callee: scenario(
        awaitCall(),
        respond(180, 'Ringing'),
        expectRequest('CANCEL', { has: ['Reason: SIP;cause=200;text="Call completed elsewhere"'] }),
        respondInside(200, 'OK'),
        respondAfterCancel(487, 'Request Terminated'),
        expectRequest('ACK'),
      ),
    });
    expect(records[0]).toMatchObject({
      end: { by: 'caller', code: 487 },
      attempts: [{ cancelled: 'caller' }],
    });
  });

  it('leaves no dialog when the 200 crosses the CANCEL', async () => {
    const { records } = await played({
      caller: scenario(
        call({ body: sdp() }),
        TRYING,
        expectResponse(180),
        callerCancels(),
        expectResponse(200),
        expectResponse(487),
        callerAcksFailure(),
      ),
      callee: scenario(
        awaitCall(),
        respond(180, 'Ringing'),
        expectRequest('CANCEL'),
        // The callee has answered before the CANCEL came: 200 to the INVITE, not 487.
        respondInside(200, 'OK'),
        respondAfterCancel(200, 'OK', { body: sdp() }),
        expectRequest('ACK'),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
    });
    expect(records[0]!.end).toMatchObject({ by: 'caller', code: 487 });
  });

  it('is over with 487 when the caller ends its early dialog by BYE', async () => {
    await played({
      caller: scenario(
        call({ body: sdp() }),
        TRYING,
        expectResponse(180),
        callerSends('BYE', 2),
        expectResponse(200),
        expectResponse(487),
        callerAcksFailure(),
      ),
      callee: scenario(
        awaitCall(),
        respond(180, 'Ringing'),
        expectRequest('CANCEL'),
        respondInside(200, 'OK'),
        respondAfterCancel(487, 'Request Terminated'),
        expectRequest('ACK'),
      ),
    });
  });

  it('ends at once when the callee answers and hangs up in the same moment', async () => {
    const { records } = await played({
      caller: scenario(
        call({ body: sdp() }),
        TRYING,
        expectResponse(200),
        callerSends('ACK', 1),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
      callee: scenario(
        awaitCall(),
        respond(200, 'OK', { body: sdp() }),
        expectRequest('ACK'),
        calleeSends('BYE', 2),
        expectResponse(200),
      ),
    });
    expect(records[0]!.end.by).toBe('callee');
  });

  it('is refused without an offer that can be used, and nothing is sent on', async () => {
    house = undefined;
    const { records } = await withoutCallee(refused(488, ['Warning: 399']), {
      body: 'v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nm=audio x RTP/AVP 0',
    });
    expect(records[0]!.end).toMatchObject({ by: 'us', code: 488, fault: 'OFFER_NOT_UNDERSTOOD' });
    expect(records[0]!.attempts).toEqual([]);
  });

  it('is refused with 483 after too many hops, and 503 when there are too many calls', async () => {
    await withoutCallee(refused(483).replace('Max-Forwards: 70', 'Max-Forwards: 0'), {});
    await house!.close();
    await withoutCallee(refused(503, ['Retry-After: 5']), { calls: 0 });
    expect(house!.b2bua.refusals()).toEqual({ TOO_MANY_CALLS: 1 });
  });

  it('is refused with 403 when nobody knows the caller', async () => {
    await withoutCallee(refused(403), { strangers: true });
    expect(house!.b2bua.refusals()).toEqual({ CALLER_NOT_ALLOWED: 1 });
  });

  /** A caller alone: what it asks for goes nowhere. */
  async function withoutCallee(
    caller: string,
    options: { body?: string; calls?: number; strangers?: boolean },
  ): Promise<House> {
    const opened = await House.open({
      targets: [`sip:127.0.0.1:${await freePort()}`],
      calls: options.calls,
      ...(options.strangers && { routing: { peers: [] } }),
    });
    house = opened;
    const text = options.body ? caller.replace(sdp(), options.body) : caller;
    const party = await sipp({ scenario: text, to: `127.0.0.1:${opened.port('udp')}` });
    const { code, trace } = await party.done;
    if (code !== 0) throw new Error(trace);
    await opened.empty();
    return opened;
  }
});
