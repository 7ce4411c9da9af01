import { location, organization, provider, user } from '../../policy/settings/support';
import { Rtpengine } from '../../support/rtpengine';
import { until } from '../b2bua/ear';
import { Exchange } from './exchange';
import { PCMU } from './handset';
import { framesGot, range } from './judge';
import { AWARE, RecordedTalk } from './recorded-talk';
import { ScriptedRecorder } from './scripted-recorder';

describe('a change of recorder through rtpengine, which keeps nothing meanwhile', () => {
  let daemon: Rtpengine;
  let exchange: Exchange | undefined;
  let leaving: ScriptedRecorder;
  let next: ScriptedRecorder;

  beforeAll(async () => {
    [daemon, leaving, next] = await Promise.all([
      Rtpengine.start(),
      ScriptedRecorder.open(),
      ScriptedRecorder.open(),
    ]);
    exchange = await Exchange.open(
      [
        provider('next', { preset: 'custom', endpoint: next.uri }),
        { do: 'accept-terms', key: 'next' },
        provider('leaving', { preset: 'custom', endpoint: leaving.uri, standby: ['next'] }),
        { do: 'accept-terms', key: 'leaving' },
        organization({ provider: 'leaving', mode: 'always-pause-resume', announceTrunk: false }),
        location('Kyiv', {}),
        user('alice', { numbers: ['100', '101'], location: 'Kyiv' }),
      ],
      ['recorder.answerTimeoutSeconds=30'],
      [...daemon.settings, 'media.rtpengine.timeoutSeconds=10'],
    );
  });

  afterAll(async () => {
    await exchange?.close();
    await daemon.kill();
    await Promise.all([leaving.close(), next.close()]);
  });

  it('begins the next recording where that recorder has answered, and the record says how much is missing', async () => {
    const call = new RecordedTalk(
      await exchange!.call({ from: '100', to: '900', codec: PCMU, headers: AWARE }),
    );
    const session = await leaving.accept(await leaving.nextCall());
    await until('the first recorder has something of each side', () =>
      leaving.ears.every(({ packets }) => packets.length > 0),
    );
    await call.goOn();
    await session.bye();
    const asked = await next.nextCall();
    const unheard = await call.goOn();
    await next.accept(asked);
    await until('the next recorder has something of each side', () =>
      next.ears.every(({ packets }) => packets.length > 0),
    );
    const flows = call.said;
    await call.goOn();
    await call.end();
    const record = await exchange!.record('100');

    let missing = 0;
    for (const [i, speaker] of call.speakers.entries()) {
      const first = framesGot(leaving.ears[i]!, speaker);
      const second = framesGot(next.ears[i]!, speaker);
      expect(first).toEqual(range(first[0]!, first[0]! + first.length));
      expect(second).toEqual(range(second[0]!, speaker.sent.length));
      // What was said while nobody was there is nowhere, and what is said from then on is somewhere.
      expect(second[0]).toBeGreaterThanOrEqual(unheard[i]!);
      expect(second[0]).toBeLessThanOrEqual(flows[i]!);
      missing += speaker.sent.length - first.length - second.length;
    }
    const [recording] = record.recordings;
    expect(recording).toMatchObject({
      recorded: 'partly',
      fault: 'RECORDER_VANISHED',
      parts: [
        { recorder: 'leaving', fault: 'RECORDER_VANISHED', detail: 'it sent BYE' },
        { recorder: 'next', status: 200 },
      ],
    });
    const [one, other] = recording!.parts;
    expect(other!.from).toBe(one!.endedAt);
    const told = Number(
      /; (\d+) packets could not be kept meanwhile$/.exec(recording!.detail!)?.[1],
    );
    // Of what was missing both times: rtpengine is asked how much it has had a moment after a copy is opened or shut.
    expect(Math.abs(told - missing)).toBeLessThan(missing / 4);
  });
});
