import type { Answer } from '../../../src/ua';
import { schemaErrors } from '../schema';
import {
  ALICE,
  documentIn,
  heardAfter,
  linesIn,
  metadataIn,
  OPUS,
  sdp,
  turn,
  versionIn,
  World,
} from './world';

const BOTH = ['audio 40000 8 101 sendonly 1', 'audio 40004 0 101 sendonly 2'];
const SNAPSHOT_REQUEST =
  '<?xml version="1.0"?><requestsnapshot xmlns="urn:ietf:params:xml:ns:recording:1"/>';
const METADATA = {
  'Content-Type': 'application/rs-metadata+xml',
  'Content-Disposition': 'recording-session',
};

/** A response of ours as a message to look into. */
function read(answer: Answer | undefined) {
  const header = (name: string) => {
    const found = Object.entries(answer?.headers ?? {}).find(
      ([known]) => known.toLowerCase() === name,
    );
    return found && String(found[1]);
  };
  return { header, body: answer?.body ?? '' };
}

describe('a re-INVITE of the recorder', () => {
  test('with an offer is answered with our lines; the same description keeps its version', async () => {
    const world = new World();
    const { dialog } = await world.recording();
    const [response] = dialog.receive('INVITE', sdp());
    expect(response?.status).toBe(200);
    const answer = read(response?.answer);
    expect(answer.header('contact')).toBe('<sip:twintrack@localhost;transport=tcp>;+sip.src');
    expect(answer.header('content-type')).toBe('application/sdp');
    expect(linesIn(answer)).toEqual(BOTH);
    expect(versionIn(answer)).toBe(1);
    // A keepalive moves nothing.
    expect(world.journal).toHaveLength(2);
  });

  test('that moves a stream moves the fork', async () => {
    const world = new World();
    const { dialog } = await world.recording();
    dialog.receive('INVITE', sdp([{ port: 60000, formats: '8' }, { port: 52002 }]));
    expect(world.journal.slice(2)).toEqual(['1 start 198.51.100.20:60000/60001']);
  });

  test('that is not ready closes the gates, and one that is opens them again', async () => {
    const world = new World();
    const { dialog } = await world.recording();
    const [quiet] = dialog.receive(
      'INVITE',
      sdp([{ formats: '8', direction: 'inactive' }, { port: 52002 }]),
    );
    expect(linesIn(read(quiet?.answer))).toEqual([
      'audio 40000 8 inactive 1',
      'audio 40004 0 101 sendonly 2',
    ]);
    await turn();
    expect(world.journal.slice(2)).toEqual(['1 pause', '1 gated']);
    dialog.ack();
    dialog.receive('INVITE', sdp());
    expect(world.journal.slice(4)).toEqual(['1 resume']);
    // Neither made us offer anything.
    dialog.ack();
    expect(dialog.sent).toEqual([]);
  });

  test('without an offer gets ours, and its ACK brings the answer', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const [response] = dialog.receive('INVITE');
    expect(linesIn(read(response?.answer))).toEqual(BOTH);
    recording.update({ held: [ALICE] });
    expect(dialog.sent).toEqual([]);
    dialog.ack(sdp([{ port: 61000, formats: '8' }, { port: 52002 }]));
    expect(world.journal.slice(2)).toEqual(['1 start 198.51.100.20:61000/61001']);
    expect(dialog.sent).toHaveLength(1);
  });

  test('without an offer whose ACK has no answer changes nothing', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ streams: [{ label: '1', codecs: [OPUS] }] });
    dialog.last.answer(491);
    await turn();
    const [response] = dialog.receive('INVITE');
    expect(linesIn(read(response?.answer))[0]).toBe('audio 40000 111 sendonly 1');
    dialog.ack();
    // It did not agree to the codec, so that is still to be said.
    expect(linesIn(dialog.last)[0]).toBe('audio 40000 111 sendonly 1');
    expect(world.journal).toHaveLength(2);
  });

  test('that removes a stream ends that fork for good', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const [response] = dialog.receive('INVITE', sdp([{ port: 0 }, { port: 52002 }]));
    expect(linesIn(read(response?.answer))).toEqual([
      'audio 0 8 101 inactive 1',
      'audio 40004 0 101 sendonly 2',
    ]);
    expect(world.journal.slice(2)).toEqual(['1 pause']);
    dialog.ack();
    // RFC 7866 §7.2: it must not add streams.
    const [again] = dialog.receive('INVITE', sdp());
    expect(linesIn(read(again?.answer))[0]).toBe('audio 0 8 101 inactive 1');
    dialog.ack();
    expect(await world.stop(recording, dialog)).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_REFUSED' },
    });
  });

  test('that removes every stream ends the session', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const [response] = dialog.receive('INVITE', sdp([{ port: 0 }, { port: 0 }]));
    expect(response?.status).toBe(200);
    expect(dialog.byes).toBe(1);
    expect(await recording.outcome).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_VANISHED' },
    });
  });

  test.each([
    ['with another number of lines', sdp([{}])],
    ['with a line more', sdp([{}, {}, {}])],
    ['that cannot be read', 'm=audio'],
  ])('%s is refused with 488 and changes nothing', async (_what, offer) => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    expect(dialog.receive('INVITE', offer)[0]?.status).toBe(488);
    expect(recording.state).toBe('active');
    expect(world.journal).toHaveLength(2);
  });

  test('whose multipart body comes apart into nothing is refused with 488', async () => {
    const world = new World();
    const { dialog } = await world.recording();
    const headers = { 'Content-Type': 'multipart/mixed;boundary=x' };
    expect(dialog.receive('INVITE', 'nothing', headers)[0]?.status).toBe(488);
  });

  test('that crosses one of ours gets 491', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    expect(dialog.receive('INVITE', sdp())[0]?.status).toBe(491);
    expect(dialog.receive('UPDATE', sdp())[0]?.status).toBe(491);
    dialog.last.answer(200, sdp());
    await turn();
    expect(dialog.receive('INVITE', sdp())[0]?.status).toBe(200);
    // A second one before the ACK to the first.
    expect(dialog.receive('INVITE', sdp())[0]?.status).toBe(491);
  });

  test('holds ours back until its ACK', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    dialog.receive('INVITE', sdp());
    recording.update({ held: [ALICE] });
    expect(dialog.sent).toEqual([]);
    dialog.ack();
    expect(dialog.sent).toHaveLength(1);
  });

  test('during our back-off is answered, and what we wanted follows its ACK', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(491);
    await turn();
    dialog.receive('INVITE', sdp());
    dialog.ack();
    expect(dialog.sent).toHaveLength(2);
    world.clock.advance(10_000);
    expect(dialog.sent).toHaveLength(2);
  });
});

describe('an UPDATE of the recorder', () => {
  test('without a body is a sign of life', async () => {
    const world = new World();
    const { dialog } = await world.recording();
    expect(dialog.receive('UPDATE')[0]?.status).toBe(200);
    expect(dialog.sent).toEqual([]);
  });

  test('with an offer is answered, and needs no ACK', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    const [response] = dialog.receive('UPDATE', sdp([{ port: 60000, formats: '8' }, {}]));
    expect(linesIn(read(response?.answer))).toEqual([
      'audio 40000 8 sendonly 1',
      'audio 40004 0 101 sendonly 2',
    ]);
    recording.update({ held: [ALICE] });
    expect(dialog.sent).toHaveLength(1);
  });

  test('that asks for a snapshot gets 200, then everything with the offer in a request of its own', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    dialog.last.answer(200, sdp());
    await turn();
    const responses = dialog.receive('UPDATE', SNAPSHOT_REQUEST, METADATA);
    expect(responses).toHaveLength(1);
    expect(responses[0]?.status).toBe(200);
    expect(read(responses[0]?.answer).body).toBe('');
    expect(read(responses[0]?.answer).header('contact')).toContain('+sip.src');

    const snapshot = dialog.last;
    expect(dialog.sent).toHaveLength(2);
    expect(linesIn(snapshot)).toEqual(BOTH);
    expect(metadataIn(snapshot).mode).toBe('complete');
    expect(metadataIn(snapshot).streams.map(({ label }) => label)).toEqual(['1', '2']);
    expect(heardAfter(snapshot)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears -',
      'sip:+15550100@trunk.example.net sends - hears 1',
    ]);
    expect(schemaErrors(documentIn(snapshot)!)).toBe('');
  });

  test('that asks during an exchange gets the snapshot right after it, even if that was postponed', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    expect(dialog.receive('UPDATE', SNAPSHOT_REQUEST, METADATA)[0]?.status).toBe(200);
    expect(dialog.sent).toHaveLength(1);
    dialog.last.answer(491);
    await turn();
    world.clock.advance(4000);
    expect(metadataIn(dialog.last).mode).toBe('complete');
    dialog.last.answer(491);
    await turn();
    world.clock.advance(4000);
    expect(dialog.sent).toHaveLength(3);
    expect(metadataIn(dialog.last).mode).toBe('complete');
    dialog.last.answer(200, sdp());
    await turn();
    expect(dialog.sent).toHaveLength(3);
  });

  test('that asks twice at once gets one snapshot after the other', async () => {
    const world = new World();
    const { dialog } = await world.recording();
    dialog.receive('UPDATE', SNAPSHOT_REQUEST, METADATA);
    dialog.receive('UPDATE', SNAPSHOT_REQUEST, METADATA);
    expect(dialog.sent).toHaveLength(1);
    dialog.last.answer(200, sdp());
    await turn();
    expect(dialog.sent).toHaveLength(2);
  });

  test('with an offer that cannot be answered is refused with 488', async () => {
    const world = new World();
    const { dialog } = await world.recording();
    expect(dialog.receive('UPDATE', sdp([{}]))[0]?.status).toBe(488);
  });
});

describe('another request of the recorder', () => {
  test('asks for a snapshot as the drafts did it', async () => {
    const world = new World();
    const { dialog } = await world.recording();
    const headers = { 'Content-Type': 'application/rs-metadata-request' };
    expect(dialog.receive('INFO', SNAPSHOT_REQUEST, headers)[0]?.status).toBe(200);
    expect(metadataIn(dialog.last).mode).toBe('complete');
  });

  test.each([
    ['INFO', 200],
    ['OPTIONS', 200],
    ['MESSAGE', 405],
    ['REFER', 405],
    ['NOTIFY', 405],
  ])('%s gets %i and what we allow', async (method, status) => {
    const world = new World();
    const { dialog } = await world.recording();
    const [response] = dialog.receive(method);
    expect(response?.status).toBe(status);
    expect(read(response?.answer).header('allow')).toContain('UPDATE');
    expect(dialog.sent).toEqual([]);
  });
});
