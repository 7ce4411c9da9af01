import type { Headers } from '../../../src/ua';
import { House } from './house';
import { audio, Party, talk } from './party';

const ISUP = 'application/isup;version=itu-t92';

function multipart(...parts: ReadonlyArray<readonly [headers: string, content: string]>) {
  const written = parts.map(([headers, content]) => `--cut\r\n${headers}\r\n\r\n${content}\r\n`);
  return {
    headers: { 'Content-Type': 'multipart/mixed;boundary=cut' },
    body: `${written.join('')}--cut--\r\n`,
  };
}

describe('what a request asks of us', () => {
  let alice: Party;
  let bob: Party;
  let house: House;
  let place: string;

  beforeEach(async () => {
    [alice, bob] = await Promise.all([Party.open(), Party.open()]);
    house = await House.open({ targets: [bob.place] });
    place = `127.0.0.1:${house.port('udp')}`;
  });

  afterEach(async () => {
    await house.empty();
    await house.close();
    await Promise.all([alice.close(), bob.close()]);
  });

  async function refused(content: { uri?: string; headers?: Headers; body?: string }) {
    const uri = content.uri ?? `sip:bob@${place}`;
    const final = await alice.agent.invite({ ...content, uri, nextHop: `sip:${place}` }).final;
    expect(final.kind).toBe('rejected');
    return final.response;
  }

  it.each(['OPTIONS', 'MESSAGE', 'INVITE'])('%s', async (method) => {
    const send = (uri: string, headers: Headers = {}) => {
      const options = { uri, nextHop: `sip:${place}`, headers };
      if (method !== 'INVITE') return alice.agent.request(method, options);
      return alice.agent.invite(options).final.then(({ response }) => response);
    };
    expect((await send('mailto:bob@example.com')).status).toBe(416);
    expect((await send(`sip:${'9'.repeat(400)}@${place}`)).status).toBe(414);
    const { status, header } = await send(`sip:bob@${place}`, {
      Require: ['timer, nothingSupportsThis', 'nothingSupportsThisEither'],
    }).then((answer) => ({ status: answer.status, header: answer.header('unsupported') }));
    expect([status, header]).toEqual([420, 'nothingSupportsThis, nothingSupportsThisEither']);
    expect(house.b2bua.refusals()).toEqual({
      URI_SCHEME_UNKNOWN: 1,
      NUMBER_TOO_LONG: 1,
      EXTENSION_UNKNOWN: 1,
    });
  });

  it('is not refused when every extension works through us', async () => {
    const outgoing = alice.agent.invite({
      uri: `sip:bob@${place}`,
      headers: { Require: 'timer, Histinfo', 'Session-Expires': '1800' },
      body: audio(),
    });
    const invite = await bob.nextCall();
    expect(invite.header('require')).toBe('Histinfo');
    await invite.reject(486);
    expect((await outgoing.final).response.status).toBe(486);
  });

  it('is refused inside a call too', async () => {
    const { caller, callee } = await talk(alice, bob, `sip:bob@${place}`);
    const headers = { Require: 'nothingSupportsThis' };
    const change = await callee.reinvite({ headers, body: audio('sendonly', 2) });
    const update = await caller.request('UPDATE', { headers, body: audio('sendonly', 2) });
    const info = await caller.request('INFO', { headers });
    for (const { status, header } of [change.response, update, info].map((answer) => ({
      status: answer.status,
      header: answer.header('unsupported'),
    }))) {
      expect([status, header]).toEqual([420, 'nothingSupportsThis']);
    }
    await caller.bye();
  });

  it('is a body without a session description that must be understood', async () => {
    const headers = { 'Content-Type': 'application/unknown' };
    const plain = await refused({ headers, body: 'what?' });
    expect([plain.status, plain.header('accept')]).toEqual([
      415,
      'application/sdp, multipart/mixed',
    ]);
    const parts = await refused(multipart([`Content-Type: ${ISUP}`, 'x']));
    expect(parts.status).toBe(415);
    const packed = await refused({ headers: { 'Content-Encoding': 'gzip' }, body: audio() });
    expect([packed.status, packed.header('accept-encoding')]).toEqual([415, 'identity']);
  });

  it.each([
    [
      'of optional handling',
      {
        headers: { 'Content-Type': ISUP, 'Content-Disposition': 'signal;handling=optional' },
        body: 'x',
      },
    ],
    [
      'of parts of optional handling',
      multipart([`Content-Type: ${ISUP}\r\nContent-Disposition: signal ;handling=optional`, 'x']),
    ],
    [
      'with a description among its parts',
      multipart(['Content-Type: application/sdp', audio()], [`Content-Type: ${ISUP}`, 'x']),
    ],
  ])('is nothing when it is a body %s', async (_what, content) => {
    const outgoing = alice.agent.invite({ uri: `sip:bob@${place}`, ...content });
    const invite = await bob.nextCall();
    expect(invite.body).toContain('x');
    await invite.reject(486);
    expect((await outgoing.final).response.status).toBe(486);
  });

  it('is an answer that can be used: the callee is hung up on otherwise', async () => {
    const outgoing = alice.agent.invite({ uri: `sip:bob@${place}`, body: audio() });
    const invite = await bob.nextCall();
    const dialog = await invite.accept({ body: audio().replace(/c=.*\r\n/, '') });
    const ended = new Promise<void>((resolve) => {
      dialog.onEnd = () => resolve();
    });
    expect((await outgoing.final).response.status).toBe(488);
    await ended;
    await house.empty();
    expect(house.records[0]!.end).toMatchObject({ code: 488, fault: 'OFFER_NOT_UNDERSTOOD' });
  });
});
