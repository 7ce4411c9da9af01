import { type MediaDescription, parseSdp, type SrtpSession } from '../../../src/media';
import { newKeys, suiteNamed, writeCryptoAttribute } from '../../../src/media/srtp';
import { PCMA, sdp, sdpIn, turn, World } from './world';

const SECURE = { srtp: true };
const CM = 'AES_CM_128_HMAC_SHA1_80';
const GCM = 'AEAD_AES_128_GCM';

interface Sent {
  header(name: string): string | undefined;
  readonly body: string;
}

function mediaIn(text: string): readonly MediaDescription[] {
  const parsed = parseSdp(text);
  if (!parsed.ok) throw parsed.fault;
  return parsed.value.media;
}

const offered = (message: Sent) => mediaIn(sdpIn(message)!);

const anyKeys = (suite = CM) => newKeys(suiteNamed(suite)!);

/** A recorder's description by SRTP, with these keys for its two lines. */
function secured(keys: readonly ReturnType<typeof anyKeys>[], tag = '1'): string {
  return sdp(
    keys.map((one, i) => ({
      port: 52000 + 2 * i,
      formats: i === 0 ? '8 101' : '0 101',
      protocol: 'RTP/SAVP',
      extra: `a=crypto:${writeCryptoAttribute({ tag, keys: one })}\r\n`,
    })),
  );
}

describe('a recorder that is to get its streams by SRTP', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  const sessions = (label: '1' | '2') => world.forks[label].sessions;

  test('is offered keys for each stream, and the forks begin with what was agreed', async () => {
    const keys = [anyKeys(), anyKeys(GCM)];
    const { dialog } = await world.recording({}, secured(keys), {}, SECURE);
    const media = offered(world.agent.last);
    expect(media.map(({ protocol }) => protocol)).toEqual(['RTP/SAVP', 'RTP/SAVP']);
    const ours = (at: number, suite: string) =>
      media[at]!.cryptos.find((one) => one.keys.suite === suite)!.keys;
    expect(sessions('1')).toEqual([{ send: ours(0, CM), receive: keys[0] }]);
    expect(sessions('2')).toEqual([{ send: ours(1, GCM), receive: keys[1] }]);
    expect(ours(0, CM)).not.toEqual(ours(1, CM));
    expect(dialog.byes).toBe(0);
  });

  test.each([
    ['in the clear', sdp()],
    ['without keys', sdp([{ protocol: 'RTP/SAVP', formats: '8' }, { protocol: 'RTP/SAVP' }])],
  ])('gets nothing when it answers %s', async (_what, answer) => {
    const { recording } = await world.recording({}, answer, {}, SECURE);
    const outcome = await recording.outcome;
    expect(outcome).toMatchObject({ recorded: 'not', fault: { code: 'RECORDER_REFUSED' } });
    expect([...sessions('1'), ...sessions('2')]).toEqual([]);
  });

  test('is offered the same key again when something else changes, and forks go on', async () => {
    const keys = [anyKeys(), anyKeys()];
    const { recording, dialog } = await world.recording({}, secured(keys), {}, SECURE);
    const first = offered(world.agent.last);
    recording.update({ streams: [{ label: '2', codecs: [PCMA] }] });
    await turn();
    const again = offered(dialog.last);
    expect(again.map(({ cryptos }) => cryptos)).toEqual(first.map(({ cryptos }) => [cryptos[0]]));
    dialog.last.answer(200, secured(keys));
    await turn();
    expect(sessions('1')).toHaveLength(1);
  });

  test('moves a fork to new keys when it answers with such', async () => {
    const keys = [anyKeys(), anyKeys()];
    const { recording, dialog } = await world.recording({}, secured(keys), {}, SECURE);
    recording.update({ streams: [{ label: '2', codecs: [PCMA] }] });
    await turn();
    const newer = anyKeys();
    dialog.last.answer(200, secured([newer, keys[1]!]));
    await turn();
    const [before, after] = sessions('1') as SrtpSession[];
    expect(after).toEqual({ send: before!.send, receive: newer });
    expect(sessions('2')).toHaveLength(1);
  });

  test('may offer keys of its own, which are answered with ours', async () => {
    const { dialog } = await world.recording({}, secured([anyKeys(), anyKeys()]), {}, SECURE);
    const newer = [anyKeys(GCM), anyKeys(GCM)];
    const [response] = dialog.receive('INVITE', secured(newer, '5'));
    expect(response!.status).toBe(200);
    const answered = mediaIn(response!.answer!.body!);
    expect(
      answered.map(({ cryptos }) => cryptos.map(({ tag, keys }) => [tag, keys.suite])),
    ).toEqual([[['5', GCM]], [['5', GCM]]]);
    expect(sessions('1').at(-1)).toEqual({
      send: answered[0]!.cryptos[0]!.keys,
      receive: newer[0],
    });
  });

  test('that sends on to another is not the only one to have been offered keys', async () => {
    world.record({}, SECURE);
    const first = offered(world.agent.last);
    world.agent.last.reject(302, 'Moved', { Contact: '<sip:other.example.net>' });
    await turn();
    const second = offered(world.agent.last);
    expect(second[0]!.cryptos[0]!.keys).not.toEqual(first[0]!.cryptos[0]!.keys);
  });
});

test('a recorder that is to get its streams in the clear is not given any by SRTP', async () => {
  const world = new World();
  const { recording } = await world.recording({}, secured([anyKeys(), anyKeys()]));
  expect(await recording.outcome).toMatchObject({ recorded: 'not' });
});
