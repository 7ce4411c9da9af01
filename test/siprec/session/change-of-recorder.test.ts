import type { RecordingTarget } from '../../../src/siprec';
import { captureLog } from '../../support/captured-log';
import type { FakeDialog } from './fake-recorder';
import {
  ALICE,
  CAROL,
  heardAfter,
  linesIn,
  MAIN,
  metadataIn,
  PCMA,
  STANDBY,
  sdp,
  turn,
  World,
} from './world';

const CHECKED = { checkEveryMs: 10_000 };
const THIRD: RecordingTarget = { name: 'third', uri: 'sip:third.example.net' };
const AT_STANDBY = sdp([{ port: 53000, formats: '8 101' }, { port: 53002 }]);
const STARTED = ['1 start 198.51.100.20:52000/52001', '2 start 198.51.100.20:52002/52003'];
const KEPT = ['1 keep', '2 keep'];
const STARTED_AT_STANDBY = [
  '1 start 198.51.100.20:53000/53001',
  '2 start 198.51.100.20:53002/53003',
];

/** A recording that the first of the recorders has accepted. */
async function begun(
  recorders: readonly RecordingTarget[] = [MAIN, STANDBY],
  world = new World(),
  request: Parameters<World['recordAt']>[1] = {},
) {
  const recording = world.recordAt(recorders, request);
  const dialog = await world.accept();
  return { world, recording, dialog };
}

describe('in mid-call, a recorder', () => {
  const LOSSES: ReadonlyArray<
    [string, string, (world: World, dialog: FakeDialog) => void | Promise<void>]
  > = [
    ['sends BYE', 'it sent BYE', (_, dialog) => dialog.end()],
    ['loses the session', 'the dialog was lost', (_, dialog) => dialog.end('engine')],
    ['knows nothing of it', '481', (world, dialog) => answersCheck(world, dialog, 481)],
    ['cannot be reached', '503', (world, dialog) => answersCheck(world, dialog, 503)],
    [
      'does not answer OPTIONS',
      'does not answer any more',
      (world) => {
        world.clock.advance(10_000);
        world.clock.advance(5000);
      },
    ],
  ];

  async function answersCheck(world: World, dialog: FakeDialog, status: number): Promise<void> {
    world.clock.advance(10_000);
    expect(dialog.last.method).toBe('OPTIONS');
    dialog.last.answer(status);
    await turn();
  }

  test.each(LOSSES)('that %s is followed by the next, from that moment on', async (...loss) => {
    const [, detail, lose] = loss;
    const world = new World();
    const { recording, dialog } = await begun([{ ...MAIN, ...CHECKED }, STANDBY], world);
    await lose(world, dialog);
    const changedAt = world.clock.wall();
    expect([world.asked, recording.state]).toEqual(['standby', 'changing']);
    expect(world.journal).toEqual([...STARTED, ...KEPT]);
    world.clock.advance(200);
    const next = await world.accept(AT_STANDBY);
    expect(recording.state).toBe('active');
    expect(world.journal.slice(4)).toEqual(STARTED_AT_STANDBY);

    const [before, now] = world.agent.invites.map((invite) => metadataIn(invite));
    expect(now).toEqual({
      ...before,
      sessionRecordings: [{ ...before!.sessionRecordings[0]!, associateTime: changedAt }],
    });
    const outcome = await world.stop(recording, next);
    expect(outcome).toMatchObject({
      recorded: 'partly',
      target: 'standby',
      fault: { code: 'RECORDER_VANISHED' },
      recorderCallId: next.callId,
      parts: [
        { target: 'main', endedAt: changedAt, fault: 'RECORDER_VANISHED' },
        { target: 'standby', from: changedAt, fault: undefined },
      ],
    });
    expect(outcome.parts[0]?.detail).toContain(detail);
    const [first, second] = outcome.parts.map(({ recordingId }) => recordingId);
    expect([first === recording.recordingId, second === first]).toEqual([true, false]);
    const since = outcome.parts[0]!.heardAt!.toISOString();
    expect(outcome.reason).toContain(`what it was sent since ${since} may be missing`);
    expect(outcome.reason).toContain(`standby has it from ${changedAt.toISOString()} on`);
    expect(world.clock.pending).toBe(0);
  });

  test('is not asked whether it is there while it says something, nor where that is not wanted', async () => {
    const world = new World();
    const { dialog } = await begun([{ ...MAIN, ...CHECKED }], world);
    world.clock.advance(9000);
    dialog.receive('INVITE', sdp());
    dialog.ack();
    world.clock.advance(9999);
    expect(dialog.sent).toEqual([]);
    world.clock.advance(1);
    dialog.last.answer(405);
    await turn();
    world.clock.advance(10_000);
    expect(dialog.sent.map(({ method }) => method)).toEqual(['OPTIONS', 'OPTIONS']);

    const { world: other, dialog: unasked } = await begun([MAIN]);
    other.clock.advance(3_600_000);
    expect(unasked.sent).toEqual([]);
  });

  test('to which an update could not be delivered is asked at once', async () => {
    const { world, recording, dialog } = await begun([{ ...MAIN, ...CHECKED }, STANDBY]);
    recording.update({ held: [ALICE] });
    dialog.last.answer(503);
    await turn();
    world.clock.advance(0);
    expect(dialog.last.method).toBe('OPTIONS');
    dialog.last.answer(200);
    await turn();
    expect(recording.state).toBe('active');
  });

  test('that says when it will have time is there', async () => {
    const { world, recording, dialog } = await begun([{ ...MAIN, ...CHECKED }, STANDBY]);
    recording.update({ held: [ALICE] });
    dialog.last.answer(503, '', { 'Retry-After': '5' });
    await turn();
    world.clock.advance(0);
    expect(dialog.last.method).toBe('INVITE');
    world.clock.advance(5000);
    dialog.last.answer(200, sdp());
    await turn();
    world.clock.advance(10_000);
    dialog.last.answer(503, '', { 'Retry-After': '5' });
    await turn();
    expect([dialog.last.method, recording.state]).toEqual(['OPTIONS', 'active']);
  });

  test('is told what has changed while nobody was there', async () => {
    const { world, recording, dialog } = await begun();
    recording.update({ held: [ALICE] });
    dialog.end();
    recording.update({ participants: [{ participantId: CAROL, aor: 'sip:carol@x' }] });
    recording.update({ streams: [{ label: '2', codecs: [PCMA] }] });
    expect(heardAfter(world.agent.last)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears -',
      'sip:+15550100@trunk.example.net sends - hears 1',
    ]);
    const next = await world.accept(AT_STANDBY);
    expect(linesIn(next.last)[1]).toBe('audio 40004 8 sendonly 2');
    expect(heardAfter(world.agent.last, next.last)).toContain('sip:carol@x sends - hears 1');
    // Whatever the first one still answers is of no interest.
    dialog.last.answer(500);
    await turn();
    expect(next.sent).toHaveLength(1);
  });

  test('that has refused a stream is followed by one that may have it', async () => {
    const world = new World();
    const recording = world.recordAt([MAIN, STANDBY]);
    const dialog = await world.accept(sdp([{ port: 0 }, { port: 52002 }]));
    dialog.end();
    await turn();
    expect(world.journal).toEqual(['1 pause', STARTED[1], '1 gated', '2 keep', '1 resume']);
    const next = await world.accept(AT_STANDBY);
    expect(world.journal.slice(5)).toEqual(STARTED_AT_STANDBY);
    const outcome = await world.stop(recording, next);
    expect(outcome.streams.map(({ recorded }) => recorded)).toEqual([true, true]);
  });

  test('that never was ready is followed without a loss', async () => {
    const world = new World();
    const recording = world.recordAt([MAIN, STANDBY]);
    const inactive = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);
    const dialog = await world.accept(inactive);
    dialog.end('engine');
    const next = await world.accept(AT_STANDBY);
    expect(world.journal).toEqual(STARTED_AT_STANDBY);
    expect((await world.stop(recording, next)).recorded).toBe('fully');
  });

  test('that is never ready after another has had it is not said to have anything', async () => {
    const { world, recording, dialog } = await begun();
    dialog.end();
    const inactive = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);
    const outcome = await world.stop(recording, await world.accept(inactive));
    expect(outcome).toMatchObject({ recorded: 'partly', parts: [{}, { from: undefined }] });
    expect(outcome.reason).toMatch(/; standby: it was sent nothing$/);
  });

  test('leaves one warning in the log for each change, and the parts in the last line', async () => {
    const captured = captureLog('info');
    const { world, recording, dialog } = await begun([MAIN, STANDBY], new World(captured.log));
    dialog.end();
    await world.stop(recording, await world.accept());
    expect(captured.events('recording passed on')).toEqual([
      expect.objectContaining({
        recorder: 'standby',
        lost: 'main',
        fault: 'RECORDER_VANISHED',
        reason: 'it sent BYE',
      }),
    ]);
    const [ended] = captured.events('recording ended');
    expect(ended).toMatchObject({ recorded: 'partly', parts: [{ target: 'main' }, {}] });
  });
});

describe('a pause', () => {
  const QUIET = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);
  const PAUSED = ['audio 40000 8 101 inactive 1', 'audio 40004 0 101 inactive 2'];

  test('goes on at the next recorder, who is told of it and gets nothing before it ends', async () => {
    const { world, recording, dialog } = await begun();
    await recording.pause('api');
    dialog.last.answer(200, QUIET);
    await turn();
    dialog.end();
    expect(recording.state).toBe('paused');
    expect(linesIn(world.agent.last)).toEqual(PAUSED);
    expect(metadataIn(world.agent.last).sessions[0]?.extensions).toContainEqual(
      expect.objectContaining({ name: 'recordingAction' }),
    );
    const next = await world.accept(QUIET);
    const quiet = world.journal.length;
    expect(world.journal.slice(2, quiet).some((entry) => /start|resume/.test(entry))).toBe(false);
    const resumed = recording.resume('api');
    next.last.answer(200, AT_STANDBY);
    await resumed;
    expect(world.journal.slice(quiet)).toEqual(['1 resume', '2 resume', ...STARTED_AT_STANDBY]);
  });

  test('that is asked for while there is no recorder is in force at once, and known to the next', async () => {
    const { world, recording, dialog } = await begun();
    dialog.end();
    await recording.pause('api');
    expect(recording.state).toBe('paused');
    const next = await world.accept(AT_STANDBY);
    expect(world.journal.some((entry) => entry.includes('53000'))).toBe(false);
    expect(linesIn(next.last)).toEqual(PAUSED);
  });

  test('that ends while there is no recorder opens the gates at once: what is said is kept', async () => {
    const { world, recording, dialog } = await begun();
    await recording.pause('api');
    dialog.end();
    await recording.resume('api');
    expect(world.journal.slice(-2)).toEqual(['1 resume', '2 resume']);
    expect(recording.state).toBe('changing');
  });

  test('whose end was under way when the recorder died has ended', async () => {
    const { world, recording, dialog } = await begun();
    await recording.pause('api');
    dialog.last.answer(200, QUIET);
    await turn();
    const resumed = recording.resume('api');
    dialog.last.gone();
    await resumed;
    expect(world.journal.slice(-2)).toEqual(['1 resume', '2 resume']);
    expect(linesIn(world.agent.last)[0]).toContain('sendonly');
  });
});

describe('the end of a pause that a recorder answers with 503', () => {
  const QUIET = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);

  async function refused() {
    const { world, recording, dialog } = await begun([{ ...MAIN, ...CHECKED }, STANDBY]);
    await recording.pause('api');
    dialog.last.answer(200, QUIET);
    await turn();
    let resumed = false;
    const done = recording.resume('api').then(() => {
      resumed = true;
    });
    dialog.last.answer(503);
    await turn();
    world.clock.advance(0);
    expect([dialog.last.method, resumed, recording.state]).toEqual(['OPTIONS', false, 'active']);
    return { world, recording, dialog, done };
  }

  test('has come when that recorder turns out to be gone: the next one records', async () => {
    const { world, recording, dialog, done } = await refused();
    dialog.last.answer(503);
    await done;
    expect(recording.state).toBe('changing');
    expect(world.journal.slice(-2)).toEqual(['1 resume', '2 resume']);
    const next = await world.accept(AT_STANDBY);
    expect(recording.state).toBe('active');
    const { fault } = await world.stop(recording, next);
    expect(fault?.detail).not.toContain('to a new offer');
  });

  test('is declined when that recorder is there', async () => {
    const { world, recording, dialog, done } = await refused();
    dialog.last.answer(200);
    await done;
    expect(recording.state).toBe('paused');
    expect(world.journal.some((entry) => entry.includes('resume'))).toBe(false);
    // Asked again, it may agree.
    const again = recording.resume('api');
    dialog.last.answer(200, sdp());
    await again;
    expect(recording.state).toBe('active');
  });

  test('and that has not said more when the call is over, is declined', async () => {
    const { world, recording, dialog, done } = await refused();
    const outcome = await world.stop(recording, dialog);
    await done;
    expect(outcome).toMatchObject({ recorded: 'partly', fault: { code: 'RECORDER_REFUSED' } });
    expect(world.clock.pending).toBe(0);
  });
});

describe('the end of the recording', () => {
  test('while the next recorder is asked cancels that, and what was kept is missing', async () => {
    const { world, recording, dialog } = await begun();
    dialog.end();
    const outcome = recording.stop({ text: 'ended' });
    expect(world.agent.last.cancelled).toBe(1);
    expect(await outcome).toMatchObject({
      recorded: 'partly',
      target: 'main',
      fault: { code: 'RECORDER_VANISHED' },
      reason: expect.stringContaining('standby: stopped before it answered'),
    });
    const late = await world.accept();
    expect(late.byes).toBe(1);
    expect(world.journal).toEqual([...STARTED, ...KEPT, '1 close', '2 close']);
    expect(world.clock.pending).toBe(0);
  });

  test('comes when no recorder is left, with what each has said', async () => {
    const { world, recording, dialog } = await begun();
    dialog.end('engine');
    world.agent.last.reject(503, 'Service Unavailable');
    await turn();
    expect(world.asked).toBe('recorder');
    world.agent.last.reject(500, 'Server Internal Error');
    expect(await recording.outcome).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_VANISHED' },
      reason: expect.stringMatching(
        /main has it .* the dialog was lost.*; standby: 503 .*; main: 500/,
      ),
    });
    expect(recording.state).toBe('failed');
  });

  test('says how much could not be kept meanwhile', async () => {
    const { world, recording, dialog } = await begun();
    dialog.end();
    world.forks['1'].dropped = 12;
    const { reason } = await world.stop(recording, await world.accept());
    expect(reason).toMatch(/; 12 packets could not be kept meanwhile$/);
  });
});

describe('several deaths in a row', () => {
  test('ask the others anew, best first, the one that died last, and who said BYE no more', async () => {
    const { world, recording, dialog } = await begun([MAIN, STANDBY, THIRD]);
    const seen = ['recorder'];
    const lose = async (one: FakeDialog, by: 'peer' | 'engine') => {
      one.end(by);
      await turn();
      seen.push(world.asked!);
      return world.accept();
    };
    const second = await lose(dialog, 'engine');
    const third = await lose(second, 'engine');
    const fourth = await lose(third, 'peer');
    const fifth = await lose(fourth, 'engine');
    fifth.end('engine');
    world.agent.last.reject(503);
    await turn();
    seen.push(world.asked!);
    expect(seen).toEqual(['recorder', 'standby', 'recorder', 'standby', 'third', 'third']);
    const last = await world.accept();
    const { parts } = await world.stop(recording, last);
    expect(parts.map(({ target }) => target)).toEqual([
      'main',
      'standby',
      'main',
      'standby',
      'third',
      'standby',
      'third',
    ]);
  });

  test('of the only recorder have it asked once more each time, up to twenty times', async () => {
    const world = new World();
    const recording = world.recordAt([MAIN]);
    for (let i = 0; i < 25 && recording.state !== 'failed'; i++) {
      const dialog = await world.accept();
      dialog.end('engine');
      await turn();
    }
    expect(world.agent.invites).toHaveLength(20);
    expect((await recording.outcome).recorded).toBe('partly');
  });
});

describe('a recording that may have to be deleted', () => {
  const DISCARDS = { discards: true };

  test('is given to those who delete it only', async () => {
    const recorders = [{ ...MAIN, ...DISCARDS }, STANDBY, { ...THIRD, ...DISCARDS }];
    const { world, dialog } = await begun(recorders, new World(), { provisional: true });
    dialog.end();
    expect(world.asked).toBe('third');
  });

  test('is given to anyone once it is to be kept', async () => {
    const recorders = [{ ...MAIN, ...DISCARDS }, STANDBY];
    const { world, recording, dialog } = await begun(recorders, new World(), {
      provisional: true,
    });
    recording.keep();
    dialog.end();
    expect(world.asked).toBe('standby');
  });
});
