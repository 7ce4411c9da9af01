import { schemaErrors } from '../schema';
import { ALICE, documentIn, linesIn, metadataIn, sdp, turn, World } from './world';

const PAUSED = ['audio 40000 8 101 inactive 1', 'audio 40004 0 101 inactive 2'];
const FLOWING = ['audio 40000 8 101 sendonly 1', 'audio 40004 0 101 sendonly 2'];
const STARTED = ['1 start 198.51.100.20:52000/52001', '2 start 198.51.100.20:52002/52003'];

/** Journal entries after the forks were started. */
const since = (world: World) => world.journal.slice(STARTED.length);

async function paused() {
  const world = new World();
  const { recording, dialog } = await world.recording();
  await recording.pause();
  dialog.last.answer(
    200,
    sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]),
  );
  await turn();
  return { world, recording, dialog };
}

describe('pausing', () => {
  test('closes the gates first and tells the recorder only then', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.forks['2'].holdPause = true;
    let done = false;
    void recording.pause().then(() => {
      done = true;
    });
    await turn();
    expect(since(world)).toEqual(['1 pause', '2 pause', '1 gated']);
    expect([done, recording.state, dialog.sent.length]).toEqual([false, 'pausing', 0]);

    world.forks['2'].releasePause();
    await turn();
    expect([done, recording.state]).toEqual([true, 'paused']);
    expect(linesIn(dialog.last)).toEqual(PAUSED);
    expect(dialog.last.header('content-type')).toBe('application/sdp');
  });

  test('signals nothing else while the gates close', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.forks['1'].holdPause = true;
    void recording.pause();
    recording.update({ held: [ALICE] });
    await turn();
    // The hold may be told, but not as if the pause were in force.
    expect(linesIn(dialog.last)).toEqual(FLOWING);
    dialog.last.answer(200, sdp());
    world.forks['1'].releasePause();
    await turn();
    expect(linesIn(dialog.last)).toEqual(PAUSED);
  });

  test('again while paused does nothing', async () => {
    const { world, recording, dialog } = await paused();
    await recording.pause();
    expect(dialog.sent).toHaveLength(1);
    expect(since(world)).toHaveLength(4);
  });

  test('closes a fork whose gate cannot be closed', async () => {
    const world = new World();
    const { recording } = await world.recording();
    world.forks['1'].failPause = true;
    await recording.pause();
    expect(since(world)).toEqual(['1 pause', '2 pause', '1 close', '2 gated']);
  });

  test('does not wait for the recorder, which may even decline', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    await recording.pause();
    dialog.last.answer(488);
    await turn();
    expect(recording.state).toBe('paused');
    expect(since(world)).toEqual(['1 pause', '2 pause', '1 gated', '2 gated']);
    await recording.resume();
    // It still believes that we send.
    expect(dialog.sent).toHaveLength(1);
    expect(since(world).slice(4)).toEqual(['1 resume', '2 resume']);
  });

  test('before the answer keeps the forks silent, and the recorder learns it after the answer', async () => {
    const world = new World();
    const recording = world.record();
    await recording.pause();
    expect(world.journal).toEqual(['1 pause', '2 pause', '1 gated', '2 gated']);
    const dialog = world.agent.last.accept(sdp());
    await turn();
    expect(recording.state).toBe('paused');
    expect(linesIn(dialog.last)).toEqual(PAUSED);
    dialog.last.answer(
      200,
      sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]),
    );
    await turn();
    expect(world.journal).toHaveLength(4);
    void recording.resume();
    // Not started yet, they can keep what is said until the recorder has agreed.
    expect(world.journal.slice(4)).toEqual(['1 resume', '2 resume']);
    dialog.last.answer(200, sdp());
    await turn();
    expect(world.journal.slice(6)).toEqual(STARTED);
  });

  test('and resuming before the answer leaves no trace', async () => {
    const world = new World();
    const recording = world.record();
    await recording.pause();
    await recording.resume();
    const dialog = world.agent.last.accept(sdp());
    await turn();
    expect(dialog.sent).toEqual([]);
    expect(world.journal.slice(4)).toEqual(['1 resume', '2 resume', ...STARTED]);
  });
});

test('a resumption that a pause overtakes keeps nobody waiting, and nothing flows', async () => {
  const { world, recording, dialog } = await paused();
  let resumed = false;
  void recording.resume().then(() => {
    resumed = true;
  });
  await recording.pause();
  await turn();
  expect(resumed).toBe(true);
  dialog.last.answer(200, sdp());
  await turn();
  expect(recording.state).toBe('paused');
  expect(since(world)).not.toContain('1 resume');
});

describe('who pauses and resumes', () => {
  /** What the metadata of a message says of it: `PAUSE dtmf`. */
  const actionsIn = (message: { header(name: string): string | undefined; body: string }) =>
    (metadataIn(message).sessions[0]?.extensions ?? [])
      .filter(({ name }) => name === 'recordingAction')
      .map(({ attributes }) => {
        const { action, by, timestamp } = Object.fromEntries(attributes);
        return `${action} ${by} ${timestamp}`;
      });

  test('is told with the lines, in updates that are partial and in order', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    await world.clock.advance(1000);
    await recording.pause('dtmf');
    expect(dialog.sent).toHaveLength(1);
    expect(linesIn(dialog.last)).toEqual(PAUSED);
    expect(metadataIn(dialog.last).mode).toBe('partial');
    expect(schemaErrors(documentIn(dialog.last)!)).toBe('');
    expect(actionsIn(dialog.last)).toEqual(['PAUSE dtmf 2026-01-15T14:03:08.000Z']);
    const quiet = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);
    dialog.last.answer(200, quiet);
    await turn();
    await world.clock.advance(500);
    void recording.resume('api');
    expect(dialog.sent).toHaveLength(2);
    expect(actionsIn(dialog.last)).toEqual([
      'PAUSE dtmf 2026-01-15T14:03:08.000Z',
      'RESUME api 2026-01-15T14:03:08.500Z',
    ]);
  });

  test('is told once, however often they say so', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    await recording.resume('api');
    await recording.pause('api');
    await recording.pause('dtmf');
    expect(dialog.sent).toHaveLength(1);
    expect(actionsIn(dialog.last)).toEqual(['PAUSE api 2026-01-15T14:03:07.000Z']);
  });

  test('is told also of a pause that was cut short before it was in force, or before the answer', async () => {
    const both = ['PAUSE api 2026-01-15T14:03:07.000Z', 'RESUME timer 2026-01-15T14:03:07.000Z'];
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.forks['1'].holdPause = true;
    void recording.pause('api');
    void recording.resume('timer');
    expect(linesIn(dialog.last)).toEqual(FLOWING);
    expect(actionsIn(dialog.last)).toEqual(both);

    const early = new World();
    const begun = early.record();
    await begun.pause('api');
    void begun.resume('timer');
    const answered = early.agent.last.accept(sdp());
    await turn();
    expect(actionsIn(answered.last)).toEqual(both);
  });

  test('is told of no resumption that the recorder has declined', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const quiet = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);
    await recording.pause('api');
    dialog.last.answer(200, quiet);
    await turn();
    const resumed = recording.resume('api');
    expect(actionsIn(dialog.last)).toHaveLength(2);
    dialog.last.answer(503);
    await resumed;
    expect(dialog.sent).toHaveLength(2);
    recording.update({ held: [ALICE] });
    expect(linesIn(dialog.last)).toEqual(PAUSED);
    // It knows of the pause, and there is nothing else to know.
    expect(actionsIn(dialog.last)).toEqual([]);
  });

  test('is told of the last hundred times', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    for (let i = 0; i < 60; i++) {
      await recording.pause(`pauser-${i}`);
      void recording.resume(`resumer-${i}`);
    }
    while (dialog.last.method === 'INVITE') {
      const before = dialog.sent.length;
      dialog.last.answer(200, sdp());
      await turn();
      if (dialog.sent.length === before) break;
    }
    const actions = actionsIn(dialog.last);
    expect(actions).toHaveLength(100);
    expect(actions.at(-1)).toContain('resumer-59');
  });
});

describe('resuming', () => {
  test('asks the recorder, and opens the gates when it has agreed', async () => {
    const { world, recording, dialog } = await paused();
    let done = false;
    void recording.resume().then(() => {
      done = true;
    });
    await turn();
    expect(linesIn(dialog.last)).toEqual(FLOWING);
    expect([done, since(world).length]).toEqual([false, 4]);
    dialog.last.answer(200, sdp());
    await turn();
    expect([done, recording.state]).toEqual([true, 'active']);
    expect(since(world).slice(4)).toEqual(['1 resume', '2 resume']);
    expect(await world.stop(recording, dialog)).toMatchObject({ recorded: 'fully' });
  });

  test('that the recorder declines leaves it paused, to be resumed later, and partial', async () => {
    const { world, recording, dialog } = await paused();
    const resumed = recording.resume();
    dialog.last.answer(488);
    await resumed;
    expect(since(world)).toHaveLength(4);
    expect(recording.state).toBe('paused');

    // Asked again, it may agree.
    const again = recording.resume();
    dialog.last.answer(488);
    await again;
    expect([dialog.sent.length, recording.state]).toEqual([3, 'paused']);
    void recording.resume();
    dialog.last.answer(200, sdp());
    await turn();
    expect(since(world).slice(4)).toEqual(['1 resume', '2 resume']);
    expect(await world.stop(recording, dialog)).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_REFUSED' },
    });
  });

  test('to a recorder that is not ready leaves the gates closed until it is', async () => {
    const { world, recording, dialog } = await paused();
    const resumed = recording.resume();
    const notReady = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);
    dialog.last.answer(200, notReady);
    await resumed;
    expect(since(world)).toHaveLength(4);
    dialog.receive('INVITE', sdp());
    expect(since(world).slice(4)).toEqual(['1 resume', '2 resume']);
  });

  test('while the pause is still being told follows it', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    await recording.pause();
    const resumed = recording.resume();
    expect(dialog.sent).toHaveLength(1);
    dialog.last.answer(
      200,
      sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]),
    );
    await turn();
    expect(linesIn(dialog.last)).toEqual(FLOWING);
    expect(since(world)).toHaveLength(4);
    dialog.last.answer(200, sdp());
    await resumed;
    expect(since(world).slice(4)).toEqual(['1 resume', '2 resume']);
  });

  test('while the gates still close opens them, and the pause is never told', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.forks['1'].holdPause = true;
    const pausing = recording.pause();
    await recording.resume();
    world.forks['1'].releasePause();
    await pausing;
    expect(recording.state).toBe('active');
    expect(dialog.sent).toEqual([]);
    expect(since(world)).toContain('1 resume');
  });

  test('and pausing again while the first pause still closes waits for the second', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.forks['1'].holdPause = true;
    void recording.pause();
    void recording.resume();
    void recording.pause();
    await turn();
    expect(recording.state).toBe('pausing');
    expect(dialog.sent).toEqual([]);
  });

  test('without a pause resolves at once, and so it does after the end', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    await recording.resume();
    expect(dialog.sent).toEqual([]);
    const { recording: second, dialog: lost } = await world.recording();
    await second.pause();
    const resumed = second.resume();
    lost.end();
    await resumed;
    await second.outcome;
    await second.resume();
    await second.pause();
    expect(second.state).toBe('failed');
  });
});

test('an offer of the recorder during a pause is answered inactive', async () => {
  const { world, dialog } = await paused();
  const [response] = dialog.receive('INVITE', sdp());
  expect(response?.answer?.body).toContain('a=inactive');
  expect(response?.answer?.body).not.toContain('a=sendonly');
  expect(since(world)).toHaveLength(4);
});
