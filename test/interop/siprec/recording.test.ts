import { ALICE } from '../../siprec/session/world';
import { freePort } from '../../support/ports';
import { Client, recorder, satisfied } from './client';

describe('with SIPp as the recorder', () => {
  let client: Client;

  beforeEach(async () => {
    client = await Client.open();
  });

  afterEach(async () => {
    await client.close();
  });

  test.each(['tcp', 'udp'] as const)(
    'over %s a call is recorded, a hold told and the end told',
    async (transport) => {
      const srs = await recorder('accepts', { transport });
      const recording = client.record(srs.port, { transport });
      expect(await recording.established).toBe(true);
      expect(client.world.journal).toEqual([
        '1 start 127.0.0.1:52000/52001',
        '2 start 127.0.0.1:52002/52003',
      ]);
      recording.update({ held: [ALICE] });
      const outcome = await recording.stop({ cause: 16, protocol: 'Q.850', text: 'Normal' });
      expect(outcome).toMatchObject({ recorded: 'fully', fault: undefined, target: 'sipp' });
      await satisfied(srs);
      expect(client.engine.stats().dialogs).toBe(0);
    },
  );

  test('a recorder that is none is left alone after its 420', async () => {
    const srs = await recorder('refuses');
    const recording = client.record(srs.port);
    expect(await recording.outcome).toMatchObject({
      recorded: 'not',
      status: 420,
      fault: { code: 'RECORDER_REFUSED' },
    });
    await satisfied(srs);
  });

  test('a recorder that answers too late is cancelled, and its 200 acknowledged and ended', async () => {
    const srs = await recorder('silent');
    const recording = client.record(srs.port, { answerTimeoutMs: 300 });
    expect(await recording.outcome).toMatchObject({
      recorded: 'not',
      fault: { code: 'RECORDER_UNREACHABLE' },
    });
    await satisfied(srs);
    expect(client.world.journal).toEqual(['1 close', '2 close']);
  });

  test('a port on which nobody listens is unreachable at once', async () => {
    const recording = client.record(await freePort());
    expect(await recording.outcome).toMatchObject({
      recorded: 'not',
      fault: { code: 'RECORDER_UNREACHABLE' },
    });
  });

  test.each(['tcp', 'udp'] as const)(
    'over %s a recorder that is not ready, refreshes, wants a snapshot and hangs up gets its way',
    async (transport) => {
      const srs = await recorder('demands', { transport });
      const recording = client.record(srs.port, { transport });
      expect(await recording.outcome).toMatchObject({
        recorded: 'partly',
        fault: { code: 'RECORDER_VANISHED' },
        reason: expect.stringContaining('disk full'),
      });
      await satisfied(srs);
      expect(client.world.journal).toEqual([
        '1 start 127.0.0.1:52010/52011',
        '2 start 127.0.0.1:52012/52013',
        '1 start 127.0.0.1:52020/52021',
        '2 start 127.0.0.1:52022/52023',
        '1 close',
        '2 close',
      ]);
    },
  );

  test('a redirection leads to the recorder behind the front', async () => {
    const srs = await recorder('accepts');
    const front = await recorder('redirects', {
      args: ['-key', 'elsewhere', `127.0.0.1:${srs.port}`],
    });
    const recording = client.record(front.port);
    expect(await recording.established).toBe(true);
    await satisfied(front);
    recording.update({ held: [ALICE] });
    await recording.stop({ cause: 16, protocol: 'Q.850', text: 'Normal' });
    await satisfied(srs);
  });

  test('twenty recordings at a time do not mix', async () => {
    const srs = await recorder('accepts', { calls: 20 });
    const recordings = Array.from({ length: 20 }, () => client.record(srs.port));
    expect(await Promise.all(recordings.map((one) => one.established))).not.toContain(false);
    const outcomes = await Promise.all(
      recordings.map((recording) => {
        recording.update({ held: [ALICE] });
        return recording.stop({ cause: 16, protocol: 'Q.850', text: 'Normal' });
      }),
    );
    expect(outcomes.map(({ recorded }) => recorded)).toEqual(Array(20).fill('fully'));
    expect(new Set(outcomes.map(({ recorderCallId }) => recorderCallId)).size).toBe(20);
    await satisfied(srs);
  });
});
