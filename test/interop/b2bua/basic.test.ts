import { type House, PLANES } from './house';
import { type Play, play } from './play';
import {
  awaitCall,
  call,
  calleeSends,
  callerSends,
  expectRequest,
  expectResponse,
  pause,
  respond,
  respondInside,
  scenario,
  sdp,
} from './scenario';

const TRYING = expectResponse(100, { optional: true });
const RINGING = expectResponse(180, { optional: true });

const caller = scenario(
  call({ body: sdp() }),
  TRYING,
  RINGING,
  expectResponse(200, { has: ['m=audio [0-9]+ RTP/AVP 0', 'c=IN IP4 127.0.0.1'] }),
  callerSends('ACK', 1),
  pause(50),
  callerSends('BYE', 2),
  expectResponse(200),
);

const callee = scenario(
  awaitCall({ has: ['Max-Forwards: 69', 'From: "Alice" <sip:alice@127.0.0.1'] }),
  respond(180, 'Ringing'),
  respond(200, 'OK', { body: sdp() }),
  expectRequest('ACK'),
  expectRequest('BYE'),
  respondInside(200, 'OK'),
);

describe.each(PLANES)('a call between two SIPp parties over %s', (plane) => {
  let house: House | undefined;

  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  async function played(options: Partial<Play>): Promise<House> {
    house = await play({ caller, callee, plane, ...options });
    return house;
  }

  it.each([
    ['udp', 'udp'],
    ['tcp', 'tcp'],
    ['udp', 'tcp'],
    ['tcp', 'udp'],
  ] as const)(
    'goes from %s to %s and leaves nothing behind',
    async (transport, calleeTransport) => {
      const { records } = await played({ transport, calleeTransport });
      expect(records).toHaveLength(1);
      expect(records[0]).toMatchObject({
        dialled: '100',
        end: { by: 'caller', code: 200 },
        attempts: [{ status: 200 }],
      });
      expect(records[0]!.durationMs).toBeGreaterThan(0);
    },
  );

  it('goes through an engine reached over TCP', async () => {
    await played({ link: 'tcp' });
  });

  it('ends when the callee hangs up', async () => {
    const { records } = await played({
      caller: scenario(
        call({ body: sdp() }),
        TRYING,
        RINGING,
        expectResponse(200),
        callerSends('ACK', 1),
        expectRequest('BYE', { has: ['Reason: Q.850;cause=16'] }),
        respondInside(200, 'OK'),
      ),
      callee: scenario(
        awaitCall(),
        respond(200, 'OK', { body: sdp() }),
        expectRequest('ACK'),
        // A callee that hangs up before the caller has its answer is another case.
        pause(500),
        calleeSends('BYE', 2, { headers: ['Reason: Q.850;cause=16;text="Normal"'] }),
        expectResponse(200),
      ),
    });
    expect(records[0]).toMatchObject({
      end: { by: 'callee', code: 200, cause: 'Q.850;cause=16;text="Normal"' },
    });
  });

  it('passes early media on, and its description leads here', async () => {
    await played({
      caller: scenario(
        call({ body: sdp() }),
        TRYING,
        expectResponse(183, { has: ['m=audio [0-9]+', 'P-Early-Media: sendrecv'] }),
        expectResponse(200),
        callerSends('ACK', 1),
        callerSends('BYE', 2),
        expectResponse(200),
      ),
      callee: scenario(
        awaitCall(),
        respond(183, 'Session Progress', { body: sdp(), headers: ['P-Early-Media: sendrecv'] }),
        pause(50),
        respond(200, 'OK', { body: sdp() }),
        expectRequest('ACK'),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
    });
  });

  it('may begin without an offer: the answer crosses in the ACK', async () => {
    await played({
      caller: scenario(
        call(),
        TRYING,
        expectResponse(200, { has: ['m=audio [0-9]+ RTP/AVP 0'] }),
        callerSends('ACK', 1, { body: sdp() }),
        pause(50),
        callerSends('BYE', 2),
        expectResponse(200),
      ),
      callee: scenario(
        awaitCall({ lacks: ['m=audio'] }),
        respond(200, 'OK', { body: sdp() }),
        expectRequest('ACK', { has: ['m=audio [0-9]+ RTP/AVP 0'] }),
        expectRequest('BYE'),
        respondInside(200, 'OK'),
      ),
    });
  });

  it('takes an INVITE of more than 1300 bytes over UDP', async () => {
    const headers = Array.from({ length: 20 }, (_, n) => `X-Long-${n}: ${'x'.repeat(60)}`);
    await played({
      caller: caller.replace('Max-Forwards: 70', ['Max-Forwards: 70', ...headers].join('\n')),
      callee: callee.replace('Max-Forwards: 69', 'X-Long-19: xxx'),
      transport: 'udp',
      calleeTransport: 'tcp',
    });
  });

  it('is one of two hundred that leave nothing behind', async () => {
    // So many at a time that a busy machine has as much time for each.
    const { records } = await played({ calls: 200, rate: 50, args: ['-l', '20'] });
    expect(records).toHaveLength(200);
    expect(records.every(({ end }) => end.code === 200)).toBe(true);
  });
});
