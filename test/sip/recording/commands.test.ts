import { silentLog } from '../../../src/core';
import type { EffectiveSettings } from '../../../src/policy';
import type { CallSide } from '../../../src/sip';
import type { CallParts } from '../../../src/sip/call/environment';
import { controlRecording } from '../../../src/sip/procedures/control-recording';
import type { IncomingRequest } from '../../../src/ua';
import { RecordedWorld, user } from './world';

/** Sends an INFO of this header; undefined when it is not consumed, else a promise of the status. */
async function info(
  { call, clock }: RecordedWorld,
  header: Readonly<Record<string, string>>,
  { from = 'caller', method = 'INFO' }: { from?: CallSide; method?: string } = {},
): Promise<number | undefined> {
  let status: number | undefined;
  const answered = new Promise<void>((resolve) => {
    const request = {
      method,
      header: (name: string) => header[name],
      respond: async (code: number) => {
        status = code;
        resolve();
      },
    } as unknown as IncomingRequest;
    const env = { clock } as unknown as CallParts['env'];
    if (!controlRecording({ env, recordings: call, log: silentLog }, from, request)) resolve();
  });
  await answered;
  return status;
}

describe('a command of the recorded user', () => {
  it.each([
    [{ record: 'on' }, 'start'],
    [{ record: 'OFF' }, 'stop'],
    [{ record: ' pause ' }, 'pause'],
    [{ record: 'resume' }, 'resume'],
    [{ 'x-ac-action': 'start-siprec' }, 'start'],
    [{ 'x-ac-action': 'stop-siprec' }, 'stop'],
    [{ 'x-ac-action': 'pause-siprec;recording-ip-profile=1' }, 'pause'],
    [{ 'x-ac-action': 'resume-siprec' }, 'resume'],
  ])('comes in INFO: %p', async (header, action) => {
    const world = new RecordedWorld([user('on-demand')]);
    await world.answer();
    await info(world, header);
    const by = 'record' in header ? 'info' : 'x-ac-action';
    expect(world.call.controls).toMatchObject([{ user: 'alice', side: 'caller', by, action }]);
  });

  it('is answered 403 where the mode forbids it', async () => {
    const world = new RecordedWorld([user('always')]);
    await world.answer();
    expect(await info(world, { record: 'pause' })).toBe(403);
    expect(await info(world, { record: 'off' })).toBe(403);
    expect(world.journal).toEqual(['fork1a open', 'fork2b open', 'id3 invite']);
  });

  it('is answered 403 where somebody is known and never recorded, and reaches nobody', async () => {
    const world = new RecordedWorld([user('on-demand')], { forbidden: 'callee' });
    await world.answer();
    expect(await info(world, { record: 'on' }, { from: 'callee' })).toBe(403);
    expect(await info(world, { 'x-ac-action': 'start-siprec' }, { from: 'callee' })).toBe(403);
    expect(await info(world, { record: 'perhaps' }, { from: 'callee' })).toBe(400);
    expect(world.journal).toEqual([]);
  });

  it('is answered 488 where there is nothing to pause', async () => {
    const world = new RecordedWorld([user('on-demand')]);
    await world.answer();
    expect(await info(world, { record: 'pause' })).toBe(488);
  });

  it('is answered 481 when the call is over', async () => {
    const world = new RecordedWorld([user('on-demand')]);
    await world.answer();
    await world.call.end({ text: 'over' });
    expect(await info(world, { record: 'on' })).toBe(481);
    expect(world.journal).toEqual([]);
  });

  it('is answered 400 when nobody knows what it means', async () => {
    const world = new RecordedWorld([user('on-demand')]);
    await world.answer();
    expect(await info(world, { record: 'constructor' })).toBe(400);
  });

  it('is for the other side when nobody is recorded on its own', async () => {
    const world = new RecordedWorld([user('on-demand')]);
    await world.answer();
    expect(await info(world, { record: 'on' }, { from: 'callee' })).toBeUndefined();
    expect(await info(world, { 'x-ac-action': 'lock' })).toBeUndefined();
    expect(await info(world, { record: 'on' }, { method: 'MESSAGE' })).toBeUndefined();
    expect(await info(world, {})).toBeUndefined();
    expect(world.journal).toEqual([]);
  });

  it('reaches one’s own recording only, when both sides are recorded', async () => {
    const world = new RecordedWorld([
      user('always'),
      user('on-demand', { side: 'called', id: 'bob' }),
    ]);
    await world.answer();
    expect(await info(world, { record: 'on' }, { from: 'callee' })).toBe(200);
    expect(await info(world, { record: 'off' }, { from: 'callee' })).toBe(200);
    expect(await info(world, { record: 'off' }, { from: 'caller' })).toBe(403);
    expect(world.call.states).toMatchObject([
      { user: 'alice', state: 'active' },
      { user: 'bob', state: 'ended' },
    ]);
  });

  it('to pause is answered when the gate is closed, and not before', async () => {
    const world = new RecordedWorld([user('always-pause-resume')]);
    await world.answer();
    const [recording] = world.recordings;
    recording!.holdGate = true;
    let status: number | undefined;
    const answered = info(world, { record: 'pause' }).then((code) => {
      status = code;
    });
    await world.rest();
    expect(status).toBeUndefined();
    recording!.gated();
    await answered;
    expect(status).toBe(200);
    expect(world.call.states).toMatchObject([{ user: 'alice', state: 'paused' }]);
  });

  it('to pause closes the copies when the recorder is not invited yet', async () => {
    const world = new RecordedWorld([user('always-pause-resume')]);
    world.call.begin(world.media);
    expect(await info(world, { record: 'pause' })).toBe(200);
    world.call.agreed(world.agreement);
    await world.rest();
    expect(world.journal).toEqual([
      'fork1a open',
      'fork2b open',
      'fork1a pause',
      'fork2b pause',
      'id3 invite',
      'id3 pause info',
    ]);
    expect(await info(world, { record: 'resume' })).toBe(200);
    expect(world.journal.at(-1)).toBe('id3 resume info');
  });

  it('to resume before the recorder is invited opens the copies again', async () => {
    const world = new RecordedWorld([user('always-pause-resume')]);
    world.call.begin(world.media);
    await info(world, { record: 'pause' });
    await info(world, { record: 'resume' });
    world.call.agreed(world.agreement);
    await world.rest();
    expect(world.journal.slice(2)).toEqual([
      'fork1a pause',
      'fork2b pause',
      'fork1a resume',
      'fork2b resume',
      'id3 invite',
    ]);
  });

  it('to resume is refused when the recorder declines, and leaves the pause, told as such', async () => {
    const world = new RecordedWorld([user('always-pause-resume')]);
    await world.answer();
    await info(world, { record: 'pause' });
    const [recording] = world.recordings;
    recording!.declines = true;
    expect(await info(world, { record: 'resume' })).toBe(500);
    expect(world.call.mark).toBe('paused');
    expect(world.call.states).toMatchObject([{ state: 'paused', pausedBy: 'info' }]);
    recording!.declines = false;
    expect(await info(world, { record: 'resume' })).toBe(200);
    expect(world.call.mark).toBe('on');
    expect(world.call.controls.map(({ result }) => result)).toEqual(['done', 'failed', 'done']);
  });

  it('gives a second recording with copies of its own after stop and start', async () => {
    const world = new RecordedWorld([user('on-demand')]);
    await world.answer();
    for (const record of ['on', 'off', 'on']) {
      expect(await info(world, { record })).toBe(200);
    }
    expect(world.journal).toEqual([
      'fork1a open',
      'fork2b open',
      'id3 invite',
      'id3 stop: the user stopped it',
      'fork3a open',
      'fork4b open',
      'id4 invite',
    ]);
    const [first, second] = world.recordings.map(({ request }) => request);
    expect(second).toMatchObject({
      groupId: first!.groupId,
      sessionId: first!.sessionId,
      startedAt: first!.startedAt,
    });
    expect(await world.call.end({ text: 'over' })).toMatchObject([
      { recordingId: 'id3', recorded: 'fully' },
      { recordingId: 'id4', recorded: 'fully' },
    ]);
  });

  it('to start is refused when no recorder takes the recording, and may be given again', async () => {
    const world = new RecordedWorld([user('on-demand')]);
    await world.answer();
    world.atRecorder = (recording) => recording.lose();
    expect(await info(world, { record: 'on' })).toBe(500);
    world.atRecorder = (recording) => recording.accept();
    expect(await info(world, { record: 'on' })).toBe(200);
    expect(world.call.controls.map(({ result }) => result)).toEqual(['failed', 'done']);
  });

  it('to start is refused when there is no recorder at all', async () => {
    const world = new RecordedWorld([user('on-demand')], { recorder: false });
    await world.answer();
    expect(await info(world, { record: 'on' })).toBe(500);
  });

  it('to start is remembered while it rings', async () => {
    const world = new RecordedWorld([user('on-demand')]);
    expect(await info(world, { record: 'on' })).toBe(200);
    expect(world.journal).toEqual([]);
    await world.answer();
    expect(world.call.states).toMatchObject([{ user: 'alice', state: 'active' }]);
  });

  it('is written down with what it came to', async () => {
    const world = new RecordedWorld([user('always-pause-resume')]);
    await world.answer();
    for (const record of ['pause', 'pause', 'off']) await info(world, { record });
    expect(world.call.controls).toEqual(
      [
        ['pause', 'done'],
        ['pause', 'already'],
        ['stop', 'forbidden'],
      ].map(([action, result]) => ({
        at: world.clock.wall(),
        user: 'alice',
        side: 'caller',
        by: 'info',
        action,
        result,
      })),
    );
  });

  it('is written down in the order in which it came, whoever it was of and whenever answered', async () => {
    const world = new RecordedWorld([
      user('always-pause-resume'),
      user('on-demand', { side: 'called', id: 'bob' }),
    ]);
    await world.answer();
    const [recording] = world.recordings;
    recording!.holdGate = true;
    const pausing = info(world, { record: 'pause' });
    world.clock.advance(1000);
    await info(world, { record: 'on' }, { from: 'callee' });
    world.clock.advance(1000);
    await info(world, { record: 'off' });
    recording!.gated();
    await pausing;
    expect(world.call.controls.map(({ user: who, action }) => `${who} ${action}`)).toEqual([
      'alice pause',
      'bob start',
      'alice stop',
    ]);
  });

  it('is written down a hundred times and no more', async () => {
    const world = new RecordedWorld([user('always')]);
    await world.answer();
    for (let count = 0; count < 101; count++) await info(world, { record: 'off' });
    expect(world.call.controls).toHaveLength(100);
  });
});

describe('a pause', () => {
  it('ends by itself after the set time, and the record says so', async () => {
    const settings = { autoResumeSeconds: 30 } as EffectiveSettings;
    const world = new RecordedWorld([user('always-pause-resume', { settings })]);
    await world.answer();
    await info(world, { record: 'pause' });
    world.clock.advance(29_999);
    expect(world.call.states[0]!.state).toBe('paused');
    world.clock.advance(1);
    expect(world.journal.at(-1)).toBe('id3 resume timer');
    await world.rest();
    expect(world.call.controls.at(-1)).toMatchObject({ by: 'timer', action: 'resume' });
  });

  it('lasts where 0 is set', async () => {
    const settings = { autoResumeSeconds: 0 } as EffectiveSettings;
    const world = new RecordedWorld([user('always-pause-resume', { settings })]);
    await world.answer();
    await info(world, { record: 'pause' });
    world.clock.advance(3_600_000);
    expect(world.call.states[0]!.state).toBe('paused');
  });

  it('does not end by itself after the call', async () => {
    const settings = { autoResumeSeconds: 30 } as EffectiveSettings;
    const world = new RecordedWorld([user('always-pause-resume', { settings })]);
    await world.answer();
    await info(world, { record: 'pause' });
    await world.call.end({ text: 'over' });
    world.clock.advance(30_000);
    expect(world.journal.at(-1)).toBe('id3 stop: over');
  });
});

describe('a command from outside the call', () => {
  it('may leave the user out where one alone is recorded', async () => {
    const world = new RecordedWorld([user('on-demand')]);
    await world.answer();
    expect(await world.call.control(undefined, 'start')).toBe('done');
    expect(await world.call.control('alice', 'start')).toBe('already');
    expect(await world.call.control('carol', 'start')).toBe('no-user');
  });

  it('must name the user where both sides are recorded', async () => {
    const world = new RecordedWorld([
      user('on-demand'),
      user('on-demand', { side: 'called', id: 'bob' }),
    ]);
    await world.answer();
    expect(await world.call.control(undefined, 'start')).toBe('which-user');
    expect(await world.call.control('bob', 'start')).toBe('done');
    expect(world.call.states).toMatchObject([
      { user: 'alice', state: 'off' },
      { user: 'bob', state: 'active' },
    ]);
  });

  it('is for both recordings of one who calls oneself', async () => {
    const world = new RecordedWorld([user('on-demand'), user('on-demand', { side: 'called' })]);
    await world.answer();
    expect(await world.call.control('alice', 'start')).toBe('done');
    expect(world.recordings).toHaveLength(2);
  });
});
