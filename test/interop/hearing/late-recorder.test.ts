import { location, organization, provider, user } from '../../policy/settings/support';
import { until } from '../b2bua/ear';
import { Exchange } from './exchange';
import { type Handset, PCMU } from './handset';
import { speech } from './judge';
import { ScriptedRecorder } from './scripted-recorder';

/** 2 s of speech, and what is said after the recorder has answered. */
const BEFORE = 100;
const AFTER = 150;

describe('a recorder that answers two seconds late', () => {
  let recorder: ScriptedRecorder;
  let exchange: Exchange | undefined;

  beforeAll(async () => {
    recorder = await ScriptedRecorder.open();
    exchange = await Exchange.open(
      [
        provider('late', { preset: 'custom', endpoint: recorder.uri }),
        { do: 'accept-terms', key: 'late' },
        organization({ provider: 'late', mode: 'always', announceTrunk: false }),
        location('Kyiv', {}),
        user('alice', { numbers: ['100'], location: 'Kyiv' }),
      ],
      ['recorder.answerTimeoutSeconds=30'],
    );
  });

  afterAll(async () => {
    await exchange?.close();
    await recorder.close();
  });

  it('gets each side from its first packet on, all of it once and in order', async () => {
    const { ears } = recorder;
    const { caller, callee, ports, dialogs } = await exchange!.call({
      from: '100',
      to: '900',
      codec: PCMU,
    });
    caller.speak(speech('alice', 8000), ports.caller);
    callee.speak(speech('bob', 8000), ports.callee);
    const invite = await recorder.nextCall();
    await until('two seconds are said, and heard by the other party', () =>
      [caller, callee].every(({ sent, packets }) =>
        [sent, packets].every(({ length }) => length >= BEFORE),
      ),
    );

    const dialog = await recorder.accept(invite);
    const ended = new Promise((resolve) => {
      dialog.onEnd = resolve;
    });
    await until('the recorder has what was said before and what was said since', () =>
      ears.every(({ packets }) => packets.length >= BEFORE + AFTER),
    );
    caller.hush();
    callee.hush();
    await until('the parties have heard each other out', () =>
      [
        [caller, callee],
        [callee, caller],
      ].every(([one, other]) => other!.packets.length === one!.sent.length),
    );
    await dialogs.caller.bye();
    await ended;
    const pairs = [caller, callee].map((speaker) => ({ speaker, ear: earFor(speaker) }));
    await until('the rest has come', () =>
      pairs.every(({ speaker, ear }) => ear.packets.length >= speaker.sent.length),
    );

    for (const { speaker, ear } of pairs) {
      expect(ear.packets.map(({ sequence }) => sequence)).toEqual(speaker.sent.map((_, i) => i));
      const payloads = ear.packets.map(({ payload }) => Buffer.from(payload));
      expect(Buffer.concat(payloads)).toEqual(Buffer.concat(speaker.sent));
    }
    const { recordings } = await exchange!.record('100');
    expect(recordings).toMatchObject([{ recorded: 'fully', status: 200 }]);
  });

  /** The recorder's, by what was said at the same place. */
  function earFor({ sent }: Handset): Handset {
    return recorder.ears.find(({ packets }) => {
      const { sequence, payload } = packets.at(-1)!;
      // One may have said more than the other.
      return sequence < sent.length && Buffer.from(payload).equals(sent[sequence]!);
    })!;
  }
});
