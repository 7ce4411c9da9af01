import { RecordedWorld, user } from './world';

const PHONE = { name: 'phone', uri: 'sip:100@192.0.2.1' };
const VOICEMAIL = { name: 'vm', uri: 'sip:8000@192.0.2.2', redirectedBy: [PHONE.uri] };

const bob = user('always', { side: 'called', id: 'bob' });
const carol = user('on-demand', { side: 'called', id: 'carol' });

describe('a call that a 3xx leads elsewhere', () => {
  it('is recorded for whom the policy names there', async () => {
    const world = new RecordedWorld([user('always'), bob], { elsewhere: [user('always'), carol] });
    world.call.towards(PHONE);
    expect(world.call.states.map((one) => one.user)).toEqual(['alice', 'bob']);
    world.call.towards(VOICEMAIL);
    await world.answer();
    expect(world.call.states).toMatchObject([
      { user: 'alice', state: 'active' },
      { user: 'carol', state: 'off' },
    ]);
    expect(await world.call.end({ text: 'over' })).toMatchObject([{ user: 'alice' }]);
  });

  it('is recorded for nobody where the policy names nobody', async () => {
    const world = new RecordedWorld([bob], { elsewhere: [] });
    world.call.towards(VOICEMAIL);
    await world.answer();
    expect(world.journal).toEqual([]);
    expect(await world.call.end({ text: 'over' })).toEqual([]);
  });

  it('is what it was when the next target of the route is tried', async () => {
    const world = new RecordedWorld([bob], { elsewhere: [] });
    world.call.towards(PHONE);
    world.call.towards(VOICEMAIL);
    world.call.towards({ name: 'desk', uri: 'sip:100@192.0.2.3' });
    await world.answer();
    expect(world.call.states).toMatchObject([{ user: 'bob', state: 'active' }]);
    await world.call.end({ text: 'over' });
  });

  it('leaves those who are still there as they are, with what they have asked for', async () => {
    const alice = user('on-demand');
    const world = new RecordedWorld([alice, bob], { elsewhere: [alice] });
    expect(await world.call.control('alice', 'start')).toBe('done');
    world.call.towards(VOICEMAIL);
    await world.answer();
    expect(world.call.states).toMatchObject([{ user: 'alice', state: 'active' }]);
    await world.call.end({ text: 'over' });
  });
});
