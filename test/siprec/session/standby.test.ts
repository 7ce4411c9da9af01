import { broadworks } from '../../../src/siprec';
import { linesIn, MAIN, metadataIn, STANDBY, sdp, sdpIn, turn, World } from './world';

const AT_STANDBY = sdp([{ port: 53000, formats: '8 101' }, { port: 53002 }]);
const STARTED_AT_STANDBY = [
  '1 start 198.51.100.20:53000/53001',
  '2 start 198.51.100.20:53002/53003',
];

describe('before any recorder has taken the recording', () => {
  test('a refusal is a reason to ask the next, who gets everything from the first packet on', async () => {
    const world = new World();
    const recording = world.recordAt([MAIN, STANDBY]);
    world.clock.advance(300);
    world.agent.last.reject(503, 'Service Unavailable');
    await turn();
    expect(world.agent.last.options.uri).toBe('sip:standby.example.net;transport=tcp');
    expect(recording.state).toBe('inviting');
    expect(metadataIn(world.agent.last)).toEqual(metadataIn(world.agent.invites[0]!));
    expect(world.journal).toEqual([]);
    const dialog = await world.accept(AT_STANDBY);
    expect([await recording.established, recording.state]).toEqual([true, 'active']);
    expect(world.journal).toEqual(STARTED_AT_STANDBY);
    const outcome = await world.stop(recording, dialog);
    expect(outcome).toMatchObject({
      recorded: 'fully',
      fault: undefined,
      target: 'standby',
      status: 200,
      parts: [
        {
          target: 'main',
          status: 503,
          answeredAt: undefined,
          fault: 'RECORDER_UNREACHABLE',
          detail: '503 Service Unavailable',
        },
        { target: 'standby', status: 200, fault: undefined, recorderCallId: dialog.callId },
      ],
    });
    const [first, second] = outcome.parts;
    expect([first?.from, second?.from]).toEqual([undefined, outcome.invitedAt]);
    expect(second?.recordingId).toBe(recording.recordingId);
  });

  test('silence is one too, and an answer that comes all the same changes nothing', async () => {
    const world = new World();
    const recording = world.recordAt([MAIN, STANDBY]);
    const [first] = world.agent.invites;
    world.clock.advance(5000);
    expect([first!.cancelled, world.asked]).toEqual([1, 'standby']);
    const late = first!.accept(sdp());
    await turn();
    expect([first!.acked, late.byes]).toEqual([1, 1]);
    expect([recording.state, world.journal]).toEqual(['inviting', []]);
    const dialog = await world.accept(AT_STANDBY);
    // Nor does whatever else it wants.
    expect(late.receive('INVITE', sdp())[0]?.status).toBe(481);
    late.end();
    expect(world.journal).toEqual(STARTED_AT_STANDBY);
    expect((await world.stop(recording, dialog)).recorded).toBe('fully');
  });

  test('redirections are followed first, and each has the time that it is given', async () => {
    const world = new World();
    world.recordAt([{ ...MAIN, answerTimeoutMs: 3000 }, STANDBY]);
    world.clock.advance(2000);
    world.agent.last.reject(302, '', { Contact: '<sip:moved.example.net>' });
    await turn();
    expect(world.asked).toBe('moved');
    world.clock.advance(1000);
    expect(world.asked).toBe('standby');
    world.clock.advance(4999);
    expect(world.agent.last.cancelled).toBe(0);
  });

  test.each([
    ['refuses every stream', sdp([{ port: 0 }, { port: 0 }])],
    ['describes nothing', ''],
  ])('one that accepts and %s gets BYE, and the next is asked', async (_what, answer) => {
    const world = new World();
    const recording = world.recordAt([MAIN, STANDBY]);
    const refusing = await world.accept(answer);
    expect([refusing.byes, world.asked]).toEqual([1, 'standby']);
    expect(linesIn(world.agent.last)).toEqual([
      'audio 40000 8 101 sendonly 1',
      'audio 40004 0 101 sendonly 2',
    ]);
    const dialog = await world.accept();
    expect((await world.stop(recording, dialog)).recorded).toBe('fully');
  });

  test('when none takes it the outcome says what each has said', async () => {
    const world = new World();
    const recording = world.recordAt([MAIN, STANDBY]);
    world.agent.last.reject(404, 'Not Found');
    await turn();
    world.agent.last.break(new Error('connection refused'));
    expect(await recording.outcome).toMatchObject({
      recorded: 'not',
      target: 'main',
      status: 404,
      fault: { code: 'RECORDER_REFUSED' },
      reason: expect.stringMatching(/: main: 404 Not Found; standby: 503 connection refused$/),
    });
    expect(await recording.established).toBe(false);
    expect(world.journal).toEqual(['1 close', '2 close']);
    expect(world.agent.invites).toHaveLength(2);
  });

  test('what the one who takes it does not take is told beside what the others have said', async () => {
    const world = new World();
    const recording = world.recordAt([MAIN, STANDBY]);
    world.agent.last.reject(500, 'Server Internal Error');
    await turn();
    const dialog = await world.accept(sdp([{ port: 0 }, { port: 53002 }]));
    expect(await world.stop(recording, dialog)).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_REFUSED' },
      reason: expect.stringMatching(
        /: it refused stream 1; main: 500 Server Internal Error; standby has it from .* on$/,
      ),
    });
  });

  test('each is spoken to in its own way, and knows the user by its own account', async () => {
    const account = { externalIdentifier: 'ab12@pbx' };
    const world = new World();
    world.recordAt([
      { ...MAIN, srtp: true },
      { ...STANDBY, dialect: broadworks, account },
    ]);
    world.agent.last.reject(500);
    await turn();
    expect(sdpIn(world.agent.invites[0]!)).toContain('RTP/SAVP');
    expect(sdpIn(world.agent.last)).not.toContain('SAVP');
    expect(world.agent.last.body).toContain('<userID>ab12@pbx</userID>');
    await world.accept();
    expect(world.forks['1'].sessions).toEqual([undefined]);
  });
});
