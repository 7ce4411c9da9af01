import { captureLog, expectNoIdentity } from '../../support/captured-log';
import { sdp, World } from './world';

const IDENTITIES = ['alice', '+15550100', 'trunk.example.net'];

test('a recording leaves two lines, with ids first and no identity', async () => {
  const captured = captureLog('info');
  const world = new World(captured.log);
  const { recording, dialog } = await world.recording();
  await world.stop(recording, dialog);
  const ids = {
    call: 'call-1@pbx',
    recordingId: '2ec02d00-0000-4000-8000-000000000004',
    recorder: 'main',
    recorderCallId: 'rs-1@recorder.example.net',
  };
  expect(captured.events('recording established')).toEqual([
    expect.objectContaining({ ...ids, direction: 'in' }),
  ]);
  expect(captured.events('recording ended')).toEqual([
    expect.objectContaining({ ...ids, recorded: 'fully', packets: { '1': 100, '2': 100 } }),
  ]);
  expect(captured.lines).toHaveLength(2);
  expectNoIdentity(captured.lines, IDENTITIES);
});

test('what is not recorded is a warning that says why', async () => {
  const captured = captureLog('warn');
  const world = new World(captured.log);
  const recording = world.record();
  world.agent.last.reject(488, 'Not Acceptable Here');
  await recording.outcome;
  expect(captured.events('recording ended')).toEqual([
    expect.objectContaining({
      recorded: 'not',
      fault: 'RECORDER_REFUSED',
      status: 488,
      reason: expect.stringContaining('488 Not Acceptable Here'),
    }),
  ]);
  expectNoIdentity(captured.lines, IDENTITIES);
});

test('not even a whole failure names anybody', async () => {
  const captured = captureLog('info');
  const world = new World(captured.log);
  world.forks['1'].failPause = true;
  const { recording, dialog } = await world.recording();
  await recording.pause();
  dialog.receive('INVITE', sdp([{}, {}, {}]));
  dialog.end();
  await recording.outcome;
  expect(captured.lines.length).toBeGreaterThan(2);
  expectNoIdentity(captured.lines, IDENTITIES);
});
