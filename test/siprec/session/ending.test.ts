import { schemaErrors } from '../schema';
import {
  ALICE,
  BOB,
  CAROL,
  documentIn,
  heardAfter,
  linesIn,
  metadataIn,
  sdp,
  turn,
  World,
} from './world';

const WITHOUT_UPDATE = { Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS' };

describe('stopping', () => {
  test('ends the audio at once, says the last metadata by UPDATE, then BYE', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.clock.advance(65_250);
    const outcome = recording.stop({ cause: 16, protocol: 'Q.850', text: 'Normal call clearing' });
    expect(recording.state).toBe('ending');
    expect(world.journal.slice(2)).toEqual(['1 close', '2 close']);
    const update = dialog.last;
    expect([dialog.sent.length, update.method, dialog.byes]).toEqual([1, 'UPDATE', 0]);
    expect(update.header('content-type')).toBe('application/rs-metadata+xml');
    expect(update.header('content-disposition')).toBe('recording-session');
    expect(update.header('require')).toBe('siprec');
    expect(update.header('contact')).toContain(';+sip.src');
    // Without an offer it must not name a label: RFC 7866 §9.1.
    expect(update.body).not.toContain('<label>');
    expect(update.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>' +
        '<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>partial</datamode>' +
        '<session session_id="XlUQAAAAQACAAAAAAAAABg==">' +
        '<sipSessionID>ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2</sipSessionID>' +
        '<reason cause="16" protocol="Q.850">Normal call clearing</reason>' +
        '<group-ref>YgAAAAAAQACAAAAAAAAABQ==</group-ref>' +
        '<start-time>2026-01-15T14:03:07.000Z</start-time>' +
        '<stop-time>2026-01-15T14:04:12.250Z</stop-time>' +
        '<call xmlns="urn:twintrack:recording:1" id="call-1@pbx" direction="in"/></session>' +
        '<sessionrecordingassoc session_id="XlUQAAAAQACAAAAAAAAABg==">' +
        '<associate-time>2026-01-15T14:03:07.000Z</associate-time>' +
        '<disassociate-time>2026-01-15T14:04:12.250Z</disassociate-time></sessionrecordingassoc>' +
        '<participantsessionassoc participant_id="ChHOAAAAQACAAAAAAAAAAQ==" session_id="XlUQAAAAQACAAAAAAAAABg==">' +
        '<associate-time>2026-01-15T14:03:07.000Z</associate-time>' +
        '<disassociate-time>2026-01-15T14:04:12.250Z</disassociate-time></participantsessionassoc>' +
        '<participantsessionassoc participant_id="sLAAAAAAQACAAAAAAAAAAg==" session_id="XlUQAAAAQACAAAAAAAAABg==">' +
        '<associate-time>2026-01-15T14:03:07.000Z</associate-time>' +
        '<disassociate-time>2026-01-15T14:04:12.250Z</disassociate-time></participantsessionassoc>' +
        '<participantstreamassoc participant_id="ChHOAAAAQACAAAAAAAAAAQ==">' +
        '<associate-time>2026-01-15T14:03:07.000Z</associate-time>' +
        '<disassociate-time>2026-01-15T14:04:12.250Z</disassociate-time></participantstreamassoc>' +
        '<participantstreamassoc participant_id="sLAAAAAAQACAAAAAAAAAAg==">' +
        '<associate-time>2026-01-15T14:03:07.000Z</associate-time>' +
        '<disassociate-time>2026-01-15T14:04:12.250Z</disassociate-time></participantstreamassoc>' +
        '</recording>',
    );
    expect(schemaErrors(update.body)).toBe('');

    update.answer(200);
    await turn();
    expect(dialog.byes).toBe(1);
    dialog.answerBye();
    const part = {
      recordingId: '2ec02d00-0000-4000-8000-000000000004',
      target: 'main',
      status: 200,
      recorderCallId: 'rs-1@recorder.example.net',
      invitedAt: new Date('2026-01-15T14:03:07.000Z'),
      answeredAt: new Date('2026-01-15T14:03:07.000Z'),
      from: new Date('2026-01-15T14:03:07.000Z'),
      endedAt: new Date('2026-01-15T14:04:12.250Z'),
      heardAt: new Date('2026-01-15T14:04:12.250Z'),
      fault: undefined,
      detail: undefined,
    };
    expect(await outcome).toEqual({
      recordingId: '2ec02d00-0000-4000-8000-000000000004',
      callId: 'call-1@pbx',
      target: 'main',
      recorded: 'fully',
      fault: undefined,
      reason: 'recorded from its beginning until it was stopped',
      status: 200,
      recorderCallId: 'rs-1@recorder.example.net',
      invitedAt: new Date('2026-01-15T14:03:07.000Z'),
      answeredAt: new Date('2026-01-15T14:03:07.000Z'),
      endedAt: new Date('2026-01-15T14:04:12.250Z'),
      parts: [part],
      streams: [
        expect.objectContaining({ label: '1', sender: ALICE, recorded: true }),
        expect.objectContaining({ label: '2', sender: BOB, recorded: true }),
      ],
    });
    expect(recording.state).toBe('ended');
    expect(world.clock.pending).toBe(0);
  });

  test('a recorder that does not allow UPDATE says the last metadata by re-INVITE', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording({}, sdp(), WITHOUT_UPDATE);
    const outcome = recording.stop({ text: 'ended' });
    expect(dialog.last.method).toBe('INVITE');
    expect(linesIn(dialog.last)).toEqual([
      'audio 40000 8 101 inactive 1',
      'audio 40004 0 101 inactive 2',
    ]);
    expect(metadataIn(dialog.last).sessions[0]?.stopTime).toBeInstanceOf(Date);
    expect(metadataIn(dialog.last).sessions[0]?.reasons).toEqual([]);
    expect(schemaErrors(documentIn(dialog.last)!)).toBe('');
    dialog.last.answer(200, sdp([{ formats: '8', direction: 'inactive' }, {}]));
    await turn();
    expect([dialog.last.acked, dialog.byes]).toEqual([1, 1]);
    dialog.answerBye();
    expect((await outcome).recorded).toBe('fully');
  });

  test('a recorder that has not said whether it takes UPDATE is asked, and told by re-INVITE if not', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording({}, sdp(), {} as { Allow: string });
    void recording.stop({ text: 'ended' });
    expect(dialog.last.method).toBe('UPDATE');
    dialog.last.answer(501);
    await turn();
    expect(dialog.last.method).toBe('INVITE');
    expect(metadataIn(dialog.last).sessions[0]?.stopTime).toBeInstanceOf(Date);
    dialog.last.answer(501);
    await turn();
    expect([dialog.sent.length, dialog.byes]).toEqual([2, 1]);
  });

  test('tells in the same document what had not been told before', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    recording.update({ participants: [{ participantId: CAROL, aor: 'sip:carol@x' }] });
    void recording.stop({ text: 'ended' });
    // The exchange under way is waited for.
    expect(dialog.sent).toHaveLength(1);
    dialog.last.answer(200, sdp());
    await turn();
    expect(dialog.last.method).toBe('UPDATE');
    expect(heardAfter(world.agent.last, ...dialog.sent)).toEqual([
      'sip:alice@pbx.example.com left sends - hears -',
      'sip:+15550100@trunk.example.net left sends - hears -',
      'sip:carol@x left sends - hears -',
    ]);
  });

  test('a recorder that cannot be reached for the last update has vanished', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const outcome = recording.stop({ text: 'ended' });
    dialog.last.answer(503);
    await turn();
    dialog.answerBye();
    const { recorded, fault } = await outcome;
    expect([recorded, fault?.code]).toEqual(['partly', 'RECORDER_VANISHED']);
  });

  test('does not wait longer than half a second for an exchange under way', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    void recording.stop({ text: 'ended' });
    world.clock.advance(499);
    expect(dialog.byes).toBe(0);
    world.clock.advance(1);
    expect([dialog.sent.length, dialog.byes]).toEqual([1, 1]);
    dialog.answerBye();
    expect((await recording.outcome).recorded).toBe('fully');
  });

  test('a recorder that answers neither the update nor the BYE holds up the outcome for 1.5 s', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    let outcome: string | undefined;
    void recording.stop({ text: 'ended' }).then(({ recorded }) => {
      outcome = recorded;
    });
    world.clock.advance(500);
    expect(dialog.byes).toBe(1);
    world.clock.advance(999);
    await turn();
    expect(outcome).toBeUndefined();
    world.clock.advance(1);
    await turn();
    // Nothing proves that it kept anything.
    expect(outcome).toBe('partly');
    // Answers that come later change nothing any more.
    dialog.last.answer(200);
    dialog.answerBye();
    dialog.end();
    await turn();
    expect(dialog.byes).toBe(1);
    expect(world.clock.pending).toBe(0);
  });

  test.each([
    [400, 'fully'],
    [491, 'fully'],
    [500, 'fully'],
    [481, 'partly'],
  ])(
    'when the last update gets %i the recording counts as recorded %s',
    async (status, recorded) => {
      const world = new World();
      const { recording, dialog } = await world.recording();
      const outcome = recording.stop({ text: 'ended' });
      dialog.last.answer(status);
      await turn();
      expect(dialog.byes).toBe(1);
      dialog.answerBye();
      expect((await outcome).recorded).toBe(recorded);
    },
  );

  test('during a back-off does not wait for its end', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(491);
    await turn();
    void recording.stop({ text: 'ended' });
    expect(dialog.sent.map(({ method }) => method)).toEqual(['INVITE', 'UPDATE']);
  });

  test('when the exchange under way gets 491 says the last at once', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    void recording.stop({ text: 'ended' });
    dialog.last.answer(491);
    await turn();
    expect(dialog.sent.map(({ method }) => method)).toEqual(['INVITE', 'UPDATE']);
  });

  test('while the ACK to a re-INVITE of the recorder is missing waits for it', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    dialog.receive('INVITE', sdp());
    void recording.stop({ text: 'ended' });
    expect(dialog.sent).toEqual([]);
    dialog.ack();
    expect(dialog.last.method).toBe('UPDATE');
    // What the recorder wants in its last moments: 491, or 200 without consequence.
    expect(dialog.receive('INVITE', sdp())[0]?.status).toBe(491);
    expect(
      dialog.receive('UPDATE', '<requestsnapshot/>', {
        'Content-Type': 'application/rs-metadata+xml',
      })[0]?.status,
    ).toBe(200);
    expect(dialog.sent).toHaveLength(1);
  });

  test('twice is once, and changes after it do nothing', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const first = recording.stop({ text: 'ended' });
    const second = recording.stop({ text: 'ended again' });
    recording.update({ held: [ALICE] });
    await recording.pause();
    await recording.resume();
    dialog.last.answer(200);
    await turn();
    dialog.answerBye();
    expect(await first).toBe(await second);
    expect([dialog.sent.length, dialog.byes]).toEqual([1, 1]);
    expect(world.journal.filter((entry) => entry.endsWith('close'))).toHaveLength(2);
  });

  test('for a failure of ours tells how much of it is there, and why not all', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const outcome = recording.stop({ text: 'over', fault: 'MEDIA_WORKER_LOST' });
    dialog.last.answer(200);
    await turn();
    dialog.answerBye();
    expect(await outcome).toMatchObject({
      recorded: 'partly',
      fault: { code: 'MEDIA_WORKER_LOST' },
      reason: 'the media worker that carried the call died: what came before is recorded',
    });
  });

  test('for a failure of ours before the recorder has answered records nothing', async () => {
    const world = new World();
    const outcome = world.record().stop({ text: 'over', fault: 'MEDIA_WORKER_LOST' });
    expect(await outcome).toMatchObject({ recorded: 'not', fault: { code: 'MEDIA_WORKER_LOST' } });
  });

  test('while paused ends as it is', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    await recording.pause();
    dialog.last.answer(
      200,
      sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]),
    );
    await turn();
    expect(await world.stop(recording, dialog)).toMatchObject({ recorded: 'fully' });
  });

  test('a media plane that has lost its counters costs the counters only', async () => {
    const world = new World();
    world.forks['1'].hangs = true;
    const { recording, dialog } = await world.recording();
    const outcome = recording.stop({ text: 'ended' });
    dialog.last.answer(200);
    await turn();
    dialog.answerBye();
    await turn();
    world.clock.advance(1000);
    const { recorded, streams } = await outcome;
    expect(recorded).toBe('fully');
    expect(streams.map(({ stats }) => stats?.packets)).toEqual([undefined, 100]);
  });
});

describe('a recorder that vanishes', () => {
  test('by BYE leaves a partial recording and the call alone', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    dialog.end('peer', { Reason: 'SIP;cause=503;text="disk full"' });
    expect(await recording.outcome).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_VANISHED' },
      reason: expect.stringContaining('disk full'),
      recorderCallId: 'rs-1@recorder.example.net',
    });
    expect(recording.state).toBe('failed');
    expect(world.journal.slice(2)).toEqual(['1 close', '2 close']);
    expect([dialog.byes, world.clock.pending]).toEqual([0, 0]);
  });

  test('before it was ready leaves nothing', async () => {
    const world = new World();
    const inactive = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);
    const { recording, dialog } = await world.recording({}, inactive);
    dialog.end('engine');
    world.agent.last.reject(503);
    expect(await recording.outcome).toMatchObject({
      recorded: 'not',
      fault: { code: 'RECORDER_VANISHED' },
      reason: expect.stringContaining('lost'),
    });
  });

  test.each([408, 481])('by %i to a re-INVITE gets a BYE', async (status) => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(status);
    await turn();
    expect(dialog.byes).toBe(1);
    world.agent.last.reject(503);
    expect((await recording.outcome).fault?.code).toBe('RECORDER_VANISHED');
  });

  test('unnoticed until something is to be said', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.gone();
    await turn();
    world.agent.last.reject(503);
    expect((await recording.outcome).fault?.code).toBe('RECORDER_VANISHED');
  });

  test('by a BYE that crosses ours has not vanished', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const outcome = recording.stop({ text: 'ended' });
    dialog.end('peer');
    expect(await outcome).toMatchObject({ recorded: 'fully', fault: undefined });
    // The answer to the update never comes, or comes as the end of the dialog.
    dialog.last.gone();
    await turn();
    expect([dialog.byes, world.clock.pending]).toEqual([0, 0]);
  });
});

describe('closing the client', () => {
  test('ends all recordings, whatever they are at, and records nothing more', async () => {
    const world = new World();
    const { recording: active, dialog } = await world.recording();
    const inviting = world.record();
    let closed = false;
    const closing = world.client.close().then(() => {
      closed = true;
    });
    expect(world.agent.last.cancelled).toBe(1);
    world.agent.last.reject(487);
    dialog.last.answer(200);
    await turn();
    expect([dialog.byes, closed]).toEqual([1, false]);
    dialog.answerBye();
    await closing;
    expect((await active.outcome).recorded).toBe('fully');
    expect((await inviting.outcome).recorded).toBe('not');

    const late = world.record();
    expect((await late.outcome).recorded).toBe('not');
    expect(world.agent.invites).toHaveLength(2);
    expect(world.clock.pending).toBe(0);
  });

  test('does not wait for a recorder that never answers longer than two seconds', async () => {
    const world = new World();
    world.record();
    const closing = world.client.close();
    await turn();
    world.clock.advance(2000);
    await closing;
    expect(world.clock.pending).toBe(0);
  });

  test('without recordings is done at once', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    await world.stop(recording, dialog);
    await world.client.close();
    expect(world.clock.pending).toBe(0);
  });
});
