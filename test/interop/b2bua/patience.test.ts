import type { IncomingReinvite, IncomingRequest } from '../../../src/ua';
import { VirtualClock } from '../../support/virtual-clock';
import { House } from './house';
import { audio, once, Party, type Talk, talk } from './party';

describe('a request inside a call that is answered late', () => {
  let alice: Party;
  let bob: Party;
  let clock: VirtualClock;
  let house: House;
  let call: Talk;

  beforeEach(async () => {
    clock = new VirtualClock();
    [alice, bob] = await Promise.all([Party.open(), Party.open()]);
    house = await House.open({ targets: [bob.place], clock });
    call = await talk(alice, bob, `sip:bob@127.0.0.1:${house.port('udp')}`);
  });

  afterEach(async () => {
    await call.caller.bye();
    await house.empty();
    await house.close();
    await Promise.all([alice.close(), bob.close()]);
  });

  /** Time passes in steps, so that what one of them sets off has been heard before the next. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('is answered when it is a re-INVITE that a user thinks about', async () => {
    const asked = once<IncomingReinvite>((resolve) => {
      call.callee.onReinvite = resolve;
    });
    const change = call.caller.reinvite({ body: audio('sendrecv', 2) });
    const request = await asked;
    await pass(100);
    await request.respond(200, { body: audio('sendrecv', 2) });
    const final = await change;
    expect(final.response.status).toBe(200);
    if (final.kind === 'accepted') final.ack();
  });

  it.each(['INFO', 'MESSAGE', 'REFER', 'NOTIFY'])(
    'is answered when it is %s, as long as its sender waits',
    async (method) => {
      const asked = once<IncomingRequest>((resolve) => {
        call.callee.onRequest = resolve;
      });
      const answered = call.caller.request(method, {
        headers: { 'Refer-To': '<sip:carol@x.test>' },
      });
      const request = await asked;
      await pass(31);
      await request.respond(202);
      expect((await answered).status).toBe(202);
    },
  );

  it('is answered when it is UPDATE, with an offer or with word of who is connected', async () => {
    for (const content of [
      { body: audio('sendonly', 2) },
      { headers: { 'P-Asserted-Identity': '<sip:carol@x.test>' } },
    ]) {
      const asked = once<IncomingRequest>((resolve) => {
        call.callee.onUpdate = resolve;
      });
      const answered = call.caller.request('UPDATE', content);
      const request = await asked;
      await pass(31);
      await request.respond(200, content.body ? { body: audio('recvonly', 2) } : {});
      expect((await answered).status).toBe(200);
    }
  });
});
