import { RecordedWorld, user } from './world';

describe('a recorded user', () => {
  it.each(['always', 'always-pause-resume'] as const)(
    'is recorded from the answer on: %s',
    async (mode) => {
      const world = new RecordedWorld([user(mode)]);
      expect(world.journal).toEqual([]);
      await world.answer();
      expect(world.journal).toEqual(['fork1a open', 'fork2b open', 'id3 invite']);
      expect(world.call.states).toMatchObject([{ user: 'alice', state: 'active' }]);
      expect(await world.call.end({ text: 'over' })).toMatchObject([
        { recordingId: 'id3', recorded: 'fully', side: 'caller' },
      ]);
    },
  );

  it.each(['on-demand', 'on-demand-keep'] as const)(
    'leaves no copy and no word to the recorder before asking: %s',
    async (mode) => {
      const world = new RecordedWorld([user(mode)]);
      await world.answer();
      world.call.agreed(world.agreement);
      await world.rest();
      expect(world.call.states).toMatchObject([{ user: 'alice', state: 'off' }]);
      expect(await world.call.end({ text: 'over' })).toEqual([]);
      expect(world.journal).toEqual([]);
    },
  );

  it('is recorded from the answer on, for the asking, where the recorder forgets what it is told to', async () => {
    const world = new RecordedWorld([user('on-demand-keep')], { discards: true });
    await world.answer();
    expect(world.recordings[0]!.request.provisional).toBe(true);
    expect(await world.call.control(undefined, 'stop')).toBe('forbidden');
    expect(await world.call.end({ text: 'over' })).toMatchObject([{ kept: false }]);
    expect(world.journal).not.toContain('id3 keep');

    const asked = new RecordedWorld([user('on-demand-keep')], { discards: true });
    await asked.answer();
    expect(await asked.call.control(undefined, 'start')).toBe('done');
    expect(asked.journal.at(-1)).toBe('id3 keep');
    expect(await asked.call.end({ text: 'over' })).toMatchObject([{ kept: true }]);
  });

  it('is recorded to be kept when that was asked for before the recorder was invited', async () => {
    const world = new RecordedWorld([user('on-demand-keep')], { discards: true });
    expect(await world.call.control(undefined, 'start')).toBe('done');
    await world.answer();
    expect(world.recordings[0]!.request.provisional).toBeUndefined();
    expect(await world.call.end({ text: 'over' })).toMatchObject([{ kept: true }]);
  });

  it('has each side recorded by its own mode', async () => {
    const world = new RecordedWorld([
      user('on-demand'),
      user('always', { side: 'called', id: 'bob' }),
    ]);
    await world.answer();
    expect(world.call.states).toMatchObject([
      { user: 'alice', state: 'off' },
      { user: 'bob', state: 'active' },
    ]);
  });

  it('is told of in the record when nobody can record', async () => {
    const world = new RecordedWorld([user('always')], { recorder: false });
    await world.answer();
    expect(world.call.states).toMatchObject([{ user: 'alice', state: 'failed' }]);
    expect(await world.call.end({ text: 'over' })).toMatchObject([
      { recorded: 'not', fault: 'RECORDER_NOT_CONFIGURED' },
    ]);
  });

  it('has nothing recorded when the call was never answered', async () => {
    const world = new RecordedWorld([user('always')]);
    expect(await world.call.end({ text: 'over' })).toEqual([]);
  });
});

describe('a look at the running call', () => {
  it('tells each user’s mode in force, the state, since when, and how a pause was asked for', async () => {
    const world = new RecordedWorld([
      user('on-demand-keep'),
      user('always-pause-resume', { side: 'called', id: 'bob' }),
    ]);
    await world.answer();
    const begun = world.clock.wall();
    world.clock.advance(5_000);
    await world.call.control('bob', 'pause');
    expect(world.call.states).toEqual([
      {
        user: 'alice',
        side: 'caller',
        mode: 'on-demand',
        state: 'off',
        since: undefined,
        pausedBy: undefined,
      },
      {
        user: 'bob',
        side: 'callee',
        mode: 'always-pause-resume',
        state: 'paused',
        since: new Date(begun.getTime() + 5_000),
        pausedBy: 'api',
      },
    ]);
    world.clock.advance(5_000);
    await world.call.control('bob', 'resume');
    expect(world.call.states[1]).toMatchObject({
      since: new Date(begun.getTime() + 10_000),
      pausedBy: undefined,
    });
  });
});
