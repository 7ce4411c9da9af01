import { join } from 'node:path';
import { randomIds, SystemClock, silentLog } from '../../../src/core';
import { createRecordingClient } from '../../../src/siprec';
import type { Dialog, IncomingRequest } from '../../../src/ua';
import { until } from '../b2bua/ear';
import { House } from '../b2bua/house';
import { Party } from '../b2bua/party';
import { Linphone } from './linphone';

const ALICE = join(__dirname, '../../../assets/speech/alice.wav');

/** One line of PCMA, and what is said of it. */
function pcma(port: number, version: number, ...lines: readonly string[]): string {
  return ['v=0', `o=bob 7 ${version} IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
    .concat([`m=audio ${port} RTP/AVP 8`, 'a=rtpmap:8 PCMA/8000', ...lines, ''])
    .join('\r\n');
}

describe('linphonec, which is record-aware', () => {
  let bob: Party;
  let recorder: Party;
  let house: House;
  let linphone: Linphone;

  beforeEach(async () => {
    [bob, recorder] = await Promise.all([Party.open(), Party.open()]);
  });

  afterEach(async () => {
    await linphone?.remove();
    await house.close();
    await Promise.all([bob.close(), recorder.close()]);
  });

  async function takeSession(): Promise<void> {
    const invite = await recorder.nextCall();
    const answer = ({ body }: { readonly body: string }) =>
      ['v=0', 'o=srs 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
        .concat(
          [4444, 4446].flatMap((port) => [
            `m=audio ${port} RTP/AVP 8`,
            body.includes('a=inactive') ? 'a=inactive' : 'a=recvonly',
          ]),
        )
        .concat('')
        .join('\r\n');
    const headers = { Contact: '<sip:srs@localhost>;+sip.srs' };
    const dialog = await invite.accept({ body: answer(invite), headers });
    dialog.onReinvite = (request) => void request.respond(200, { body: answer(request) });
    dialog.onUpdate = (request) => void request.respond(200);
  }

  /** Alice's linphonec calls Bob, who is recorded. */
  async function talk(mode: 'always-pause-resume' | 'never'): Promise<Dialog> {
    house = await House.open({
      targets: [bob.place],
      users: [{ aor: 'sip:bob@127.0.0.1', mode }],
      recorder: (agent) => {
        const clock = new SystemClock();
        const client = createRecordingClient({ agent, clock, ids: randomIds, log: silentLog });
        const target = { name: 'srs', uri: `${recorder.place};transport=udp` };
        return { start: (request) => client.record([target], request) };
      },
    });
    void takeSession();
    linphone = await Linphone.start({ says: ALICE, traces: true });
    linphone.command(`call sip:bob@127.0.0.1:${house.port('udp')}`);
    const incoming = await bob.nextCall();
    expect(incoming.header('supported')).toContain('record-aware');
    const dialog = await incoming.accept({
      body: pcma(4100, 1),
      headers: { Supported: 'record-aware', Allow: 'INVITE, ACK, BYE, UPDATE' },
    });
    let version = 1;
    const take = (request: IncomingRequest) =>
      void request.respond(200, { body: pcma(4100, ++version) });
    dialog.onReinvite = take;
    dialog.onUpdate = take;
    await linphone.says('connected');
    await until('the call is up', () => house.b2bua.calls()[0]?.state === 'talking');
    return dialog;
  }

  /** What linphonec was told by messages that begin so, in order. */
  function told(first: RegExp): string[] {
    const messages = linphone.trace.split(/received \[\d+\] new bytes/).slice(1);
    return messages
      .map((text) => text.slice(text.search(/(?:SIP\/2\.0 |[A-Z]+ sip:)/)))
      .filter((text) => first.test(text))
      .flatMap((text) => /^a=record:(\w+)/m.exec(text.split(/^v=0/m)[1] ?? '')?.[1] ?? []);
  }

  test('is told of the recording, of a pause and of its end, and takes part in it', async () => {
    await talk('always-pause-resume');
    const call = house.b2bua.calls()[0]!.id;
    expect(told(/^SIP\/2\.0 200/)).toEqual(['on']);
    await house.b2bua.control(call, undefined, 'pause');
    await until('it is told', () => told(/^UPDATE/).length === 1);
    await house.b2bua.control(call, undefined, 'resume');
    await until('it is told', () => told(/^UPDATE/).length === 2);
    expect(told(/^UPDATE/)).toEqual(['paused', 'on']);
    expect(told(/^INVITE/)).toEqual([]);
    linphone.command('terminate');
    await linphone.says('ended');
    await house.empty();
    expect(house.records[0]).toMatchObject({
      end: { by: 'caller', code: 200 },
      recordings: [{ recorded: 'fully' }],
    });
  });

  test('is told of a recorder at the other end, when nobody is recorded here', async () => {
    const dialog = await talk('never');
    expect(told(/^SIP\/2\.0 200/)).toEqual([]);
    const update = { body: pcma(4100, 2, 'a=record:on') };
    expect((await dialog.request('UPDATE', update)).status).toBe(200);
    await until('it is told', () => told(/^UPDATE/).length === 1);
    expect(told(/^UPDATE/)).toEqual(['on']);
    linphone.command('terminate');
    await linphone.says('ended');
    await house.empty();
  });
});
