import { schemaErrors } from '../schema';
import {
  ALICE,
  BOB,
  CAROL,
  documentIn,
  EVENTS,
  heardAfter,
  linesIn,
  metadataIn,
  OPUS,
  PCMA,
  PCMU,
  sdp,
  sdpIn,
  turn,
  versionIn,
  World,
} from './world';

const BOTH = ['audio 40000 8 101 sendonly 1', 'audio 40004 0 101 sendonly 2'];

describe('hold', () => {
  test('by the recorded user takes the others their send and the user its recv', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.clock.advance(9_000);
    recording.update({ held: [ALICE] });
    const update = dialog.last;
    expect(update.method).toBe('INVITE');
    expect(update.header('require')).toBe('siprec');
    expect(update.header('contact')).toBe('<sip:twintrack@localhost;transport=tcp>;+sip.src');
    // The recording itself is not paused: RFC 7866 §7.1.1.1 leaves that to us.
    expect(linesIn(update)).toEqual(BOTH);
    expect(documentIn(update)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>' +
        '<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>partial</datamode>' +
        '<participantstreamassoc participant_id="ChHOAAAAQACAAAAAAAAAAQ==">' +
        '<send>VxLqAAAAQACAAAAAAAAAAQ==</send>' +
        '<associate-time>2026-01-15T14:03:07.000Z</associate-time></participantstreamassoc>' +
        '<participantstreamassoc participant_id="sLAAAAAAQACAAAAAAAAAAg==">' +
        '<recv>VxLqAAAAQACAAAAAAAAAAQ==</recv>' +
        '<associate-time>2026-01-15T14:03:07.000Z</associate-time></participantstreamassoc>' +
        '</recording>',
    );
    expect(schemaErrors(documentIn(update)!)).toBe('');
    update.answer(200, sdp());
    await turn();
    expect(update.acked).toBe(1);

    recording.update({ held: [] });
    expect(heardAfter(world.agent.last, update, dialog.last)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears 2',
      'sip:+15550100@trunk.example.net sends 2 hears 1',
    ]);
    expect(world.journal).toEqual([
      '1 start 198.51.100.20:52000/52001',
      '2 start 198.51.100.20:52002/52003',
    ]);
  });

  test('by both leaves nobody heard', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE, BOB] });
    expect(heardAfter(world.agent.last, dialog.last)).toEqual([
      'sip:alice@pbx.example.com sends - hears -',
      'sip:+15550100@trunk.example.net sends - hears -',
    ]);
    expect(schemaErrors(documentIn(dialog.last)!)).toBe('');
  });

  test('said as the direction of a stream is the same', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ streams: [{ label: '2', sending: false }] });
    expect(heardAfter(world.agent.last, dialog.last)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears -',
      'sip:+15550100@trunk.example.net sends - hears 1',
    ]);
  });

  test('said again tells nothing', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [] });
    recording.update({ streams: [{ label: '1', sending: true }] });
    recording.update({});
    expect(dialog.sent).toEqual([]);
  });
});

describe('participants', () => {
  test('who come are added, who go are told to have left, in one document', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.clock.advance(60_000);
    recording.update({
      participants: [{ participantId: CAROL, aor: 'tel:+15550177', displayName: 'Carol & Co' }],
    });
    expect(heardAfter(world.agent.last, dialog.last)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears 2',
      'sip:+15550100@trunk.example.net left sends - hears -',
      'tel:+15550177 sends 2 hears 1',
    ]);
    const metadata = metadataIn(dialog.last);
    expect(metadata.participants.map(({ nameIds }) => nameIds)).toEqual([
      [{ aor: 'tel:+15550177', name: 'Carol & Co' }],
    ]);
    expect(metadata.participantSessions.map((one) => one.disassociateTime?.toISOString())).toEqual([
      '2026-01-15T14:04:07.000Z',
      undefined,
    ]);
    expect(schemaErrors(documentIn(dialog.last)!)).toBe('');
  });

  test('who come back are in the session again', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const bob = world.call().others[0]!;
    recording.update({ participants: [] });
    dialog.last.answer(200, sdp());
    await turn();
    world.clock.advance(1000);
    recording.update({ participants: [bob] });
    expect(heardAfter(world.agent.last, dialog.sent[0]!, dialog.last)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears 2',
      'sip:+15550100@trunk.example.net sends 2 hears 1',
    ]);
  });

  test('in a conference all send on the stream of the other side', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({
      participants: [...world.call().others, { participantId: CAROL, aor: 'sip:carol@x' }],
    });
    expect(heardAfter(world.agent.last, dialog.last)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears 2',
      'sip:+15550100@trunk.example.net sends 2 hears 1',
      'sip:carol@x sends 2 hears 1',
    ]);
    // Whoever holds alone hears nothing, and is heard still.
    dialog.last.answer(200, sdp());
    await turn();
    recording.update({ held: [CAROL] });
    expect(heardAfter(world.agent.last, dialog.sent[0]!, dialog.last)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears 2',
      'sip:+15550100@trunk.example.net sends 2 hears 1',
      'sip:carol@x sends 2 hears -',
    ]);
  });

  test('who get another name are told by it', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({
      participants: [{ participantId: BOB, aor: 'sip:bob@x', displayName: 'Bob' }],
    });
    const { participants, participantSessions, participantStreams } = metadataIn(dialog.last);
    expect(participants.map(({ nameIds }) => nameIds)).toEqual([
      [{ aor: 'sip:bob@x', name: 'Bob' }],
    ]);
    expect([participantSessions, participantStreams]).toEqual([[], []]);
  });
});

describe('a change of codec', () => {
  test('is a new offer without metadata, one version on', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ streams: [{ label: '1', codecs: [OPUS, EVENTS] }] });
    expect(dialog.last.header('content-type')).toBe('application/sdp');
    expect(dialog.last.header('content-disposition')).toBe('session;handling=required');
    expect(linesIn(dialog.last)).toEqual(['audio 40000 111 101 sendonly 1', BOTH[1]]);
    expect(sdpIn(dialog.last)).toContain('a=fmtp:111 useinbandfec=1\r\n');
    expect([versionIn(world.agent.last), versionIn(dialog.last)]).toEqual([1, 2]);
    dialog.last.answer(200, sdp([{ port: 53000, formats: '111' }, { port: 52002 }]));
    await turn();
    // It may move a stream with its answer.
    expect(world.journal.slice(2)).toEqual(['1 start 198.51.100.20:53000/53001']);
    expect(await world.stop(recording, dialog)).toMatchObject({ recorded: 'fully' });
  });

  test('that is declined goes on as before, and makes the recording partial', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ streams: [{ label: '1', codecs: [OPUS] }] });
    dialog.last.answer(488);
    await turn();
    expect(dialog.sent).toHaveLength(1);
    expect(recording.state).toBe('active');
    // The same is not said twice, another thing is.
    recording.update({ streams: [{ label: '1', codecs: [OPUS] }] });
    expect(dialog.sent).toHaveLength(1);
    recording.update({ streams: [{ label: '1', codecs: [PCMU] }] });
    expect(dialog.sent).toHaveLength(2);
    dialog.last.answer(200, sdp());
    await turn();
    expect(await world.stop(recording, dialog)).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_REFUSED' },
      reason: expect.stringContaining('488'),
    });
  });

  test('whose answer refuses a line ends that stream only', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ streams: [{ label: '1', codecs: [OPUS] }] });
    dialog.last.answer(200, sdp([{ port: 0 }, { port: 52002 }]));
    await turn();
    expect(world.journal.slice(2)).toEqual(['1 pause', '1 gated']);
    recording.update({ held: [ALICE] });
    expect(linesIn(dialog.last)).toEqual(['audio 0 111 inactive 1', BOTH[1]]);
    dialog.last.answer(200, sdp([{ port: 0 }, { port: 52002 }]));
    await turn();
    expect((await world.stop(recording, dialog)).recorded).toBe('partly');
  });
});

test('an announcement in mid-call is told after those before it, and nothing else with it', async () => {
  const world = new World();
  const at = world.clock.wall();
  const played = (announcement: 'start' | 'pause') => ({
    kind: 'announcement' as const,
    announcement,
    at,
    until: at,
    fileName: `${announcement}.wav`,
    listeners: [ALICE],
    completed: false,
  });
  const { recording, dialog } = await world.recording({ announcements: [played('start')] });
  recording.update({ announcements: [] });
  expect(dialog.sent).toEqual([]);
  recording.update({ announcements: [played('pause')] });
  const { mode, participants, sessions } = metadataIn(dialog.last);
  expect([mode, participants]).toEqual(['partial', []]);
  const told = sessions[0]?.extensions?.filter(({ name }) => name === 'announcement') ?? [];
  expect(told.map(({ attributes }) => Object.fromEntries(attributes).type)).toEqual([
    'START',
    'PAUSE',
  ]);
});

describe('the exchange with the recorder', () => {
  test('is one at a time: what changes meanwhile is told at once afterwards, as it is then', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    recording.update({ held: [] });
    recording.update({ streams: [{ label: '2', codecs: [PCMA] }] });
    recording.update({ held: [BOB] });
    expect(dialog.sent).toHaveLength(1);
    dialog.last.answer(200, sdp());
    await turn();
    expect(dialog.sent).toHaveLength(2);
    expect(linesIn(dialog.last)).toEqual([BOTH[0], 'audio 40004 8 sendonly 2']);
    expect(heardAfter(world.agent.last, ...dialog.sent)).toEqual([
      'sip:alice@pbx.example.com sends - hears 2',
      'sip:+15550100@trunk.example.net sends 2 hears -',
    ]);
    dialog.last.answer(200, sdp([{}, { formats: '8' }]));
    await turn();
    expect(dialog.sent).toHaveLength(2);
  });

  test('that has become untrue and true again meanwhile needs no other', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    recording.update({ held: [BOB] });
    recording.update({ held: [ALICE] });
    dialog.last.answer(200, sdp());
    await turn();
    expect(dialog.sent).toHaveLength(1);
  });

  test('after 491 is tried again as RFC 3261 §14.1 says, with what is true by then', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(491);
    await turn();
    recording.update({ held: [BOB] });
    // 0.502 of the way from 2.1 to 4 s.
    world.clock.advance(3049);
    expect(dialog.sent).toHaveLength(1);
    world.clock.advance(1);
    expect(dialog.sent).toHaveLength(2);
    expect(heardAfter(world.agent.last, dialog.last)).toEqual([
      'sip:alice@pbx.example.com sends - hears 2',
      'sip:+15550100@trunk.example.net sends 2 hears -',
    ]);
    dialog.last.answer(200, sdp());
    await turn();
    expect(world.clock.pending).toBe(0);
  });

  test('after 491 needs no second try when nothing is left to say', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(491);
    await turn();
    recording.update({ held: [] });
    world.clock.advance(4000);
    expect(dialog.sent).toHaveLength(1);
  });

  test('after a Retry-After waits that long, and half a minute at most', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(500, '', { 'Retry-After': '7' });
    await turn();
    world.clock.advance(6999);
    expect(dialog.sent).toHaveLength(1);
    world.clock.advance(1);
    expect(dialog.sent).toHaveLength(2);
    dialog.last.answer(503, '', { 'Retry-After': '86400' });
    await turn();
    world.clock.advance(30_000);
    expect(dialog.sent).toHaveLength(3);
  });

  test('that declines metadata keeps the recording whole, and hears it with the next change', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(400);
    await turn();
    recording.update({ streams: [{ label: '1', codecs: [PCMU] }] });
    expect(heardAfter(world.agent.last, dialog.last)[0]).toBe(
      'sip:alice@pbx.example.com sends 1 hears -',
    );
    dialog.last.answer(200, sdp([{}, {}]));
    await turn();
    expect(await world.stop(recording, dialog)).toMatchObject({ recorded: 'fully' });
  });

  test('that answers without a description has agreed', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(200);
    await turn();
    recording.update({ held: [ALICE] });
    expect(dialog.sent).toHaveLength(1);
    expect(world.journal).toHaveLength(2);
  });
});

describe('transfer', () => {
  test('of the recorded user’s own leg puts another where the user was heard', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    world.clock.advance(9_000);
    recording.update({ recorded: { participantId: CAROL, aor: 'sip:carol@pbx.example.com' } });
    expect(schemaErrors(documentIn(dialog.last)!)).toBe('');
    expect(heardAfter(world.agent.last, dialog.last)).toEqual([
      'sip:alice@pbx.example.com left sends - hears -',
      'sip:+15550100@trunk.example.net sends 2 hears 1',
      'sip:carol@pbx.example.com sends 1 hears 2',
    ]);
  });

  test('to a conference says who its focus is, in an element of our own', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({
      participants: [{ participantId: BOB, aor: 'sip:conf@pbx.example.com', focus: true }],
    });
    const document = documentIn(dialog.last)!;
    expect(schemaErrors(document)).toBe('');
    expect(document).toContain('<focus xmlns="urn:twintrack:recording:1"/></participant>');
  });
});
