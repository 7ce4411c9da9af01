import { decodePcmu } from '../../../src/media';
import { location, organization, user } from '../../policy/settings/support';
import { Rtpengine } from '../../support/rtpengine';
import { until } from '../b2bua/ear';
import { Exchange } from './exchange';
import { type Handset, PCMU } from './handset';
import { found, prompt, speech, tonesIn } from './judge';

/** What a party was sent by each source, sources in the order in which they came. */
function sourcesOf({ packets }: Handset): Int16Array[] {
  const sources = new Map<number, Uint8Array[]>();
  for (const { ssrc, payload } of packets) {
    sources.set(ssrc, [...(sources.get(ssrc) ?? []), payload]);
  }
  return [...sources.values()].map((payloads) => decodePcmu(Buffer.concat(payloads)));
}

describe('what parties hear through rtpengine', () => {
  let daemon: Rtpengine;
  let exchange: Exchange | undefined;

  beforeAll(async () => {
    daemon = await Rtpengine.start();
    exchange = await Exchange.open(
      [
        organization({ mode: 'always', announceTrunk: true }),
        location('Reminded', { reminderTone: true, reminderIntervalSeconds: 10 }),
        user('reminded', { numbers: ['100'], location: 'Reminded' }),
      ],
      [],
      [...daemon.settings, 'media.rtpengine.timeoutSeconds=10'],
    );
  });

  afterAll(async () => {
    await exchange?.close();
    await daemon.kill();
  });

  it('is the announcement, which no recording has; and no tone, and the record says why', async () => {
    const { caller, callee, ports, dialogs } = await exchange!.call({
      from: '100',
      to: '900',
      codec: PCMU,
    });
    caller.speak(speech('alice', 8000), ports.caller);
    callee.speak(speech('bob', 8000), ports.callee);
    const heard = (handset: Handset) => () => handset.heardMs > 0 && handset.packets.length > 500;
    await until('the caller heard enough', heard(caller), 60_000);
    await until('the callee heard enough', heard(callee), 60_000);
    caller.hush();
    callee.hush();
    await dialogs.caller.bye();

    for (const handset of [caller, callee]) {
      const best = Math.max(
        ...sourcesOf(handset).map(
          (source) => found(prompt('start', 8000), source, 8000).coefficient,
        ),
      );
      expect(best).toBeGreaterThan(0.9);
    }
    const record = await exchange!.record('100');
    for (const listener of ['caller', 'callee']) {
      const evidence = record.heard.filter((one) => one.listener === listener);
      expect(evidence.find(({ what }) => what === 'start')).toMatchObject({
        complete: true,
        file: 'start-en.wav',
      });
      expect(evidence.find(({ what }) => what === 'tone')).toMatchObject({
        complete: false,
        fault: 'ANNOUNCEMENT_NOT_POSSIBLE',
        detail: expect.stringContaining('rtpengine cannot mix'),
      });
      expect(evidence).toHaveLength(2);
    }
    const { channels } = await exchange!.recorded(record.id);
    for (const [channel, handset] of [
      [channels[0]!, caller],
      [channels[1]!, callee],
    ] as const) {
      const { rate } = handset.codec;
      expect(
        found(prompt('start', rate), channel.subarray(0, 8 * rate), rate).coefficient,
      ).toBeLessThan(0.5);
      expect(tonesIn(channel, rate)).toEqual([]);
      // Two seconds out of it are as they were said.
      const said = handset.said();
      const piece = channel.subarray(3 * rate, 5 * rate);
      expect(found(piece, said, rate).coefficient).toBeGreaterThan(0.95);
    }
  });
});
