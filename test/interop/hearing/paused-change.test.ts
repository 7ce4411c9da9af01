import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav } from '../../../src/media';
import { location, organization, provider, user } from '../../policy/settings/support';
import { freePort } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import { until } from '../b2bua/ear';
import { Exchange } from './exchange';
import { PCMU } from './handset';
import { framesGot, framesIn, range } from './judge';
import { AWARE, commands, type Mark, RecordedTalk } from './recorded-talk';
import { ScriptedRecorder } from './scripted-recorder';

const NOTHING = new Int16Array(0);

/** A pause, as its marks were taken: nothing between the second and the third may be recorded. */
interface Pause {
  /** Before it was asked for, when it was in force, before its end was asked for, when that was so. */
  readonly asked: Mark;
  readonly begun: Mark;
  readonly endAsked: Mark;
  readonly ended: Mark;
}

describe('a pause that falls into a change of recorder', () => {
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-mortal-'));
  let port: number;
  let exchange: Exchange | undefined;
  let mortal: Product | undefined;
  let leaving: ScriptedRecorder;
  let late: ScriptedRecorder;

  const bear = async (): Promise<void> => {
    mortal = await startProduct(
      [
        `recorder.embedded.listen=[tcp/127.0.0.1:${port}, udp/127.0.0.1:0]`,
        `recorder.embedded.directory=${directory}`,
      ],
      'source',
      'recorder',
    );
  };

  beforeAll(async () => {
    port = await freePort();
    [leaving, late] = await Promise.all([ScriptedRecorder.open(), ScriptedRecorder.open()]);
    await bear();
    const places = {
      mortal: { endpoint: `sip:127.0.0.1:${port};transport=tcp`, standby: ['here'] },
      leaving: { endpoint: leaving.uri, standby: ['late'] },
      late: { endpoint: late.uri },
    };
    exchange = await Exchange.open(
      [
        // The last first: those that stand by have to be known.
        ...Object.entries(places)
          .reverse()
          .flatMap(([name, place]) => [
            provider(name, { preset: 'custom', ...place }),
            { do: 'accept-terms', key: name } as const,
            location(name, { provider: name }),
          ]),
        organization({ provider: 'here', mode: 'always-pause-resume', announceTrunk: false }),
        ...['100', '101', '102'].map((number) =>
          user(`user${number}`, { numbers: [number], location: 'mortal' }),
        ),
        user('lena', { numbers: ['200'], location: 'leaving' }),
      ],
      ['recorder.checkSeconds=0.5', 'recorder.answerTimeoutSeconds=30'],
    );
  });

  afterAll(async () => {
    await exchange?.close();
    await mortal?.kill();
    await Promise.all([leaving.close(), late.close()]);
    rmSync(directory, { recursive: true, force: true });
  });

  async function talk(from: string): Promise<RecordedTalk> {
    return new RecordedTalk(
      await exchange!.call({ from, to: `9${from}`, codec: PCMU, headers: AWARE }),
    );
  }

  /** What the recorder that is to die has written so far, by channel. */
  const written = (): readonly Int16Array[] => {
    const [growing] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.wav.part'),
    );
    return growing === undefined ? [] : readWav(readFileSync(join(directory, growing))).channels;
  };

  const established = (recorder: string): number =>
    exchange!.product.log.filter(
      (line) => line.msg === 'recording established' && line.recorder === recorder,
    ).length;

  /** So often has the standby taken over. */
  let changes = 0;

  const takenOver = (): Promise<void> => {
    changes += 1;
    return until('the next recorder has taken over', () => established('here') === changes);
  };

  const ORDERS: ReadonlyArray<
    [
      what: string,
      from: string,
      act: (call: RecordedTalk, kill: (asked: Mark) => Promise<void>) => Promise<Pause>,
    ]
  > = [
    [
      'is on when the recorder dies, and goes on at the next',
      '100',
      async (call, kill) => {
        const asked = await call.goOn();
        await call.prefer('pause');
        const begun = call.said;
        await call.goOn();
        await kill(asked);
        await takenOver();
        const endAsked = await call.goOn();
        await call.prefer('on');
        return { asked, begun, endAsked, ended: call.said };
      },
    ],
    [
      'is asked for when nobody has noticed yet that the recorder is dead',
      '101',
      async (call, kill) => {
        const asked = await call.goOn();
        await kill(asked);
        await call.prefer('pause');
        const begun = call.said;
        await takenOver();
        const endAsked = await call.goOn();
        await call.prefer('on');
        return { asked, begun, endAsked, ended: call.said };
      },
    ],
    [
      'is to end when nobody has noticed yet that the recorder is dead',
      '102',
      async (call, kill) => {
        const asked = await call.goOn();
        await call.prefer('pause');
        const begun = call.said;
        const endAsked = await call.goOn();
        await kill(asked);
        await call.prefer('on');
        const ended = call.said;
        await takenOver();
        return { asked, begun, endAsked, ended };
      },
    ],
  ];

  test.each(ORDERS)('%s: neither recording has any of it', async (_, from, act) => {
    const call = await talk(from);
    const kill = async (said: Mark): Promise<void> => {
      await until('what was said before the pause is in its file', () => {
        const channels = written();
        return said.every(
          (count, i) => framesIn(channels[i] ?? NOTHING, call.speakers[i]!).length >= count,
        );
      });
      await mortal!.kill();
    };
    const { asked, begun, endAsked, ended } = await act(call, kill);
    await call.goOn();
    await call.end();
    const record = await exchange!.record(from);
    const rest = await exchange!.recorded(record.id);
    // The next process mends what the dead one has left.
    await bear();
    const beginning = await exchange!.recorded(record.id, directory);

    for (const [i, speaker] of call.speakers.entries()) {
      const first = framesIn(beginning.channels[i]!, speaker);
      const second = framesIn(rest.channels[i]!, speaker);
      const inPause = (n: number) => n >= begun[i]! && n < endAsked[i]!;
      expect([first.filter(inPause), second.filter(inPause)]).toEqual([[], []]);
      expect(first).toEqual(range(0, first.length));
      expect(first.length).toBeGreaterThanOrEqual(asked[i]!);
      const after = second.filter((n) => n >= endAsked[i]!);
      expect(after[0]).toBeLessThanOrEqual(ended[i]!);
      expect(after).toEqual(range(after[0]!, speaker.sent.length));
    }
    expect(commands(record)).toEqual(['recordpref pause done', 'recordpref start done']);
    expect(record.recordings).toMatchObject([
      {
        recorded: 'partly',
        fault: 'RECORDER_VANISHED',
        parts: [{ recorder: 'mortal', fault: 'RECORDER_VANISHED' }, { recorder: 'here' }],
      },
    ]);
  });

  it('begins and ends while there is no recorder: the next has what was said before and after', async () => {
    const call = await talk('200');
    const session = await leaving.accept(await leaving.nextCall());
    await call.goOn();
    await session.bye();
    const asked = await late.nextCall();
    const before = await call.goOn();
    await call.dial('*48', 'paused');
    const begun = call.said;
    const endAsked = await call.goOn();
    await call.dial('*49', 'on');
    const ended = call.said;
    await call.goOn();
    await late.accept(asked);
    await call.goOn();
    await call.end();
    const record = await exchange!.record('200');

    for (const [i, speaker] of call.speakers.entries()) {
      const first = framesGot(leaving.ears[i]!, speaker);
      const second = framesGot(late.ears[i]!, speaker);
      expect(first).toEqual(range(0, first.length));
      const kept = second.filter((n) => n < begun[i]!);
      const after = second.slice(kept.length);
      expect(kept).toEqual(range(first.length, first.length + kept.length));
      expect(first.length + kept.length).toBeGreaterThanOrEqual(before[i]!);
      expect(after[0]).toBeGreaterThanOrEqual(endAsked[i]!);
      expect(after[0]).toBeLessThanOrEqual(ended[i]!);
      expect(after).toEqual(range(after[0]!, speaker.sent.length));
    }
    expect(commands(record)).toEqual(['dtmf pause done', 'dtmf resume done']);
    expect(record.recordings).toMatchObject([
      {
        recorded: 'partly',
        fault: 'RECORDER_VANISHED',
        parts: [{ recorder: 'leaving' }, { recorder: 'late', status: 200 }],
      },
    ]);
  });
});
