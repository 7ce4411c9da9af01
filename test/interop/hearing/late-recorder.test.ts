import { location, organization, provider, user } from '../../policy/settings/support';
import { until } from '../b2bua/ear';
import { Party } from '../b2bua/party';
import { Exchange } from './exchange';
import { Handset, PCMU } from './handset';
import { speech } from './judge';

/** 2 s of speech, and what is said after the recorder has answered. */
const BEFORE = 100;
const AFTER = 150;

describe('a recorder that answers two seconds late', () => {
  let recorder: Party;
  let exchange: Exchange | undefined;
  const ears: Handset[] = [];

  beforeAll(async () => {
    recorder = await Party.open();
    const endpoint = `${recorder.place.replace('sip:', 'sip:srs@')};transport=udp`;
    exchange = await Exchange.open(
      [
        provider('late', { preset: 'custom', endpoint }),
        { do: 'accept-terms', key: 'late' },
        organization({ provider: 'late', mode: 'always', announceTrunk: false }),
        location('Kyiv', {}),
        user('alice', { numbers: ['100'], location: 'Kyiv' }),
      ],
      ['recorder.answerTimeoutSeconds=30'],
    );
  });

  afterAll(async () => {
    for (const ear of ears) ear.close();
    await exchange?.close();
    await recorder.close();
  });

  it('gets each side from its first packet on, all of it once and in order', async () => {
    ears.push(await Handset.open(PCMU), await Handset.open(PCMU));
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

    const ended = new Promise((resolve) => {
      const body = ['v=0', 'o=srs 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
        .concat(ears.flatMap(({ port }) => [`m=audio ${port} RTP/AVP 0`, 'a=recvonly']))
        .concat('')
        .join('\r\n');
      const headers = { Contact: '<sip:srs@localhost>;+sip.srs' };
      void invite.accept({ body, headers }).then((dialog) => {
        dialog.onReinvite = (request) => void request.respond(200, { body: '' });
        dialog.onUpdate = (request) => void request.respond(200);
        dialog.onEnd = resolve;
      });
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
    return ears.find(({ packets }) => {
      const { sequence, payload } = packets.at(-1)!;
      // One may have said more than the other.
      return sequence < sent.length && Buffer.from(payload).equals(sent[sequence]!);
    })!;
  }
});
