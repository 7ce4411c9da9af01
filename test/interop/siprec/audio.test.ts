import { silentLog } from '../../../src/core';
import { createRelayPlane, type MediaLine, type RelayPlane } from '../../../src/media';
import { BACKEND } from '../../support/backend';
import { freeRange } from '../../support/ports';
import { Client, recorder, satisfied } from './client';
import { Party } from './party';

describe('with SIPp as the recorder and the relay as the media plane', () => {
  let client: Client;
  let plane: RelayPlane;
  let line: MediaLine;
  const parties: Party[] = [];

  beforeEach(async () => {
    client = await Client.open();
    plane = await createRelayPlane({
      ports: await freeRange(100),
      quarantineMs: 0,
      rtpTimeoutMs: Number.POSITIVE_INFINITY,
      backend: BACKEND,
      log: silentLog,
    });
    line = await plane.open({ callId: 'call-1', bind: { a: '127.0.0.1', b: '127.0.0.1' } });
  });

  afterEach(async () => {
    for (const party of parties.splice(0)) party.close();
    await client.close();
    await plane.close();
  });

  async function party(): Promise<Party> {
    const opened = await Party.open();
    parties.push(opened);
    return opened;
  }

  test('the recorder gets the first packet of each party, and none of a pause', async () => {
    const [alice, bob, first, second] = [
      await party(),
      await party(),
      await party(),
      await party(),
    ];
    const srs = await recorder('pauses', {
      args: ['-key', 'first', String(first.port), '-key', 'second', String(second.port)],
    });
    const [one, two] = client.world.call().streams;
    const recording = client.record(srs.port, {
      request: {
        streams: [
          { ...one!, fork: await line.fork('a', { bind: '127.0.0.1' }) },
          { ...two!, fork: await line.fork('b', { bind: '127.0.0.1' }) },
        ],
      },
    });
    const speak = async (from: number, to: number) => {
      await alice.say(line.local.a, from, to, 8);
      await bob.say(line.local.b, from, to, 0);
    };
    // The recorder takes its time to answer: what is said meanwhile is kept.
    await speak(1, 10);
    expect(first.heard).toEqual([]);
    expect(await recording.established).toBe(true);
    await Promise.all([first.hears(10), second.hears(10)]);

    await recording.pause();
    await speak(101, 120);
    await recording.resume();
    await speak(201, 210);
    await Promise.all([first.hears(210), second.hears(210)]);
    const heard = [...range(1, 10), ...range(201, 210)];
    expect(first.heard).toEqual(heard);
    expect(second.heard).toEqual(heard);

    const outcome = await recording.stop({ text: 'ended' });
    expect(outcome.recorded).toBe('fully');
    expect(outcome.streams.map(({ stats }) => stats?.packets)).toEqual([20, 20]);
    await satisfied(srs);
    expect((await plane.usage()).forks).toBe(0);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
