import type { IncomingRequest } from '../../../src/ua';
import { House } from './house';
import { Party } from './party';

describe('a request outside of calls', () => {
  let alice: Party;
  let bob: Party;
  let house: House;
  let through: string;

  beforeEach(async () => {
    [alice, bob] = await Promise.all([Party.open(), Party.open()]);
    const nobody = await Party.open();
    const dead = nobody.place;
    await nobody.close();
    house = await House.open({ targets: [`${dead};transport=tcp`, bob.place] });
    through = `sip:bob@127.0.0.1:${house.port('udp')}`;
  });

  afterEach(async () => {
    await house.close();
    await Promise.all([alice.close(), bob.close()]);
  });

  it('is answered here when it asks for a sign of life', async () => {
    const { status } = await alice.agent.request('OPTIONS', { uri: through });
    expect(status).toBe(200);
  });

  it.each([
    ['REGISTER', 405],
    ['SUBSCRIBE', 489],
    ['PUBLISH', 489],
  ])('%s is refused with %i', async (method, status) => {
    const answer = await alice.agent.request(method, { uri: through });
    expect(answer.status).toBe(status);
    expect(answer.header('allow')).toContain('INVITE');
  });

  it('is passed on when it is a message, to the first target that takes it', async () => {
    const got = new Promise<IncomingRequest>((resolve) => {
      bob.agent.onRequest = (request) => {
        void request.respond(202, { headers: { 'X-Seen': 'yes' } });
        resolve(request);
      };
    });
    const answer = await alice.agent.request('MESSAGE', {
      uri: through,
      headers: { 'Content-Type': 'text/plain', 'X-Mood': 'fine' },
      body: 'hello',
    });
    expect([answer.status, answer.header('x-seen')]).toEqual([202, 'yes']);
    const message = await got;
    expect([message.body, message.header('x-mood'), message.header('max-forwards')]).toEqual([
      'hello',
      'fine',
      '69',
    ]);
  });

  it('is refused to strangers and when it has come too far', async () => {
    const tired = await alice.agent.request('MESSAGE', {
      uri: through,
      headers: { 'Max-Forwards': '0', 'Content-Type': 'text/plain' },
      body: 'hello',
    });
    expect(tired.status).toBe(483);
    await house.close();
    house = await House.open({ targets: [bob.place], routing: { peers: [] } });
    const uri = `sip:bob@127.0.0.1:${house.port('udp')}`;
    expect((await alice.agent.request('OPTIONS', { uri })).status).toBe(403);
    expect(house.b2bua.refusals()).toEqual({ CALLER_NOT_ALLOWED: 1 });
  });
});
