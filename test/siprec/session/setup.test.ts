import { schemaErrors } from '../schema';
import {
  ALICE,
  BOB,
  documentIn,
  heardAfter,
  linesIn,
  metadataIn,
  PCMA,
  PCMU,
  sdp,
  turn,
  World,
} from './world';

/** The INVITE to the recorder, whole. */
const INVITE = `--rs-part
Content-Type: application/sdp
Content-Disposition: session;handling=required

v=0
o=- 2155905152 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 40000 RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=sendonly
a=label:1
m=audio 40004 RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=sendonly
a=label:2

--rs-part
Content-Type: application/rs-metadata+xml
Content-Disposition: recording-session

<?xml version="1.0" encoding="UTF-8"?>\
<recording xmlns="urn:ietf:params:xml:ns:recording:1">\
<datamode>complete</datamode>\
<group group_id="YgAAAAAAQACAAAAAAAAABQ=="><associate-time>2026-01-15T14:03:07.000Z</associate-time></group>\
<session session_id="XlUQAAAAQACAAAAAAAAABg==">\
<sipSessionID>ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2</sipSessionID>\
<group-ref>YgAAAAAAQACAAAAAAAAABQ==</group-ref>\
<start-time>2026-01-15T14:03:07.000Z</start-time>\
<call xmlns="urn:twintrack:recording:1" id="call-1@pbx" direction="in"/></session>\
<participant participant_id="ChHOAAAAQACAAAAAAAAAAQ==">\
<nameID aor="sip:alice@pbx.example.com"><name>Alice</name></nameID></participant>\
<participant participant_id="sLAAAAAAQACAAAAAAAAAAg=="><nameID aor="sip:+15550100@trunk.example.net"/></participant>\
<stream stream_id="VxLqAAAAQACAAAAAAAAAAQ==" session_id="XlUQAAAAQACAAAAAAAAABg=="><label>1</label></stream>\
<stream stream_id="VxLqAAAAQACAAAAAAAAAAg==" session_id="XlUQAAAAQACAAAAAAAAABg=="><label>2</label></stream>\
<sessionrecordingassoc session_id="XlUQAAAAQACAAAAAAAAABg==">\
<associate-time>2026-01-15T14:03:07.000Z</associate-time></sessionrecordingassoc>\
<participantsessionassoc participant_id="ChHOAAAAQACAAAAAAAAAAQ==" session_id="XlUQAAAAQACAAAAAAAAABg==">\
<associate-time>2026-01-15T14:03:07.000Z</associate-time></participantsessionassoc>\
<participantsessionassoc participant_id="sLAAAAAAQACAAAAAAAAAAg==" session_id="XlUQAAAAQACAAAAAAAAABg==">\
<associate-time>2026-01-15T14:03:07.000Z</associate-time></participantsessionassoc>\
<participantstreamassoc participant_id="ChHOAAAAQACAAAAAAAAAAQ==">\
<send>VxLqAAAAQACAAAAAAAAAAQ==</send><recv>VxLqAAAAQACAAAAAAAAAAg==</recv>\
<associate-time>2026-01-15T14:03:07.000Z</associate-time></participantstreamassoc>\
<participantstreamassoc participant_id="sLAAAAAAQACAAAAAAAAAAg==">\
<send>VxLqAAAAQACAAAAAAAAAAg==</send><recv>VxLqAAAAQACAAAAAAAAAAQ==</recv>\
<associate-time>2026-01-15T14:03:07.000Z</associate-time></participantstreamassoc>\
</recording>
--rs-part--
`.replaceAll('\n', '\r\n');

describe('the INVITE to the recorder', () => {
  test('carries the offer of two labelled sendonly lines and the full metadata, to the letter', () => {
    const world = new World();
    world.record();
    const { options } = world.agent.last;
    expect(options.uri).toBe('sip:recorder.example.net;transport=tcp');
    expect(options.nextHop).toBeUndefined();
    expect(options.headers).toEqual({
      From: '<sip:twintrack@localhost>',
      Contact: '<sip:twintrack@localhost;transport=tcp>;+sip.src',
      Require: 'siprec',
      Accept: 'application/sdp, application/rs-metadata+xml, application/rs-metadata',
      Allow: 'INVITE, ACK, CANCEL, BYE, UPDATE, OPTIONS, INFO',
      'MIME-Version': '1.0',
      'Content-Type': 'multipart/mixed;boundary=rs-part',
    });
    expect(options.body).toBe(INVITE);
    expect(schemaErrors(documentIn(world.agent.last)!)).toBe('');
  });

  test.each([
    ['sip:rec@recorder:5080', 'sip:rec@recorder:5080;transport=tcp', 'tcp'],
    ['sip:recorder;transport=udp', 'sip:recorder;transport=udp', 'udp'],
    ['sip:recorder;maddr=x?Subject=a', 'sip:recorder;maddr=x;transport=tcp?Subject=a', 'tcp'],
    ['sip:[2001:db8::1]', 'sip:[2001:db8::1];transport=tcp', 'tcp'],
    ['sips:recorder', 'sips:recorder', 'tls'],
  ])('to %s goes to %s', (uri, to, transport) => {
    const world = new World();
    world.record({}, { uri });
    expect(world.agent.last.options.uri).toBe(to);
    expect(world.agent.last.header('contact')).toBe(
      `<sip:twintrack@localhost;transport=${transport}>;+sip.src`,
    );
  });

  test('goes to the next hop, whose transport our Contact names', () => {
    const world = new World();
    world.record({}, { nextHop: 'sip:192.0.2.200:5070;lr;transport=udp' });
    expect(world.agent.last.options.nextHop).toBe('sip:192.0.2.200:5070;lr;transport=udp');
    expect(world.agent.last.header('contact')).toContain(';transport=udp>');
    world.record({}, { nextHop: 'sip:192.0.2.200' });
    expect(world.agent.last.options.nextHop).toBe('sip:192.0.2.200;transport=tcp');
  });

  test('takes more headers, but not in place of its own', () => {
    const world = new World();
    world.record({ extraHeaders: { 'X-Tenant': 'a', require: 'nothing', c: 'text/plain' } });
    expect(world.agent.last.options.headers).toMatchObject({
      'X-Tenant': 'a',
      Require: 'siprec',
      'Content-Type': 'multipart/mixed;boundary=rs-part',
    });
    expect(world.agent.last.options.headers).not.toHaveProperty('require');
    expect(world.agent.last.options.headers).not.toHaveProperty('c');
  });

  test('describes a call in which somebody does not send from the beginning', () => {
    const world = new World();
    const [one, two] = world.call().streams;
    world.record({ streams: [one!, { ...two!, sending: false }] });
    expect(heardAfter(world.agent.last)).toEqual([
      'sip:alice@pbx.example.com sends 1 hears -',
      'sip:+15550100@trunk.example.net sends - hears 1',
    ]);
  });

  test('offers label 1 first, in whatever order the streams come', () => {
    const world = new World();
    world.record({ streams: [...world.call().streams].reverse() });
    expect(linesIn(world.agent.last)).toEqual([
      'audio 40000 8 101 sendonly 1',
      'audio 40004 0 101 sendonly 2',
    ]);
    expect(heardAfter(world.agent.last)[0]).toBe('sip:alice@pbx.example.com sends 1 hears 2');
  });

  test('may offer one stream only', () => {
    const world = new World();
    world.record({ streams: [world.call().streams[1]!] });
    expect(linesIn(world.agent.last)).toEqual(['audio 40004 0 101 sendonly 2']);
    expect(schemaErrors(documentIn(world.agent.last)!)).toBe('');
    expect(heardAfter(world.agent.last)).toEqual([
      'sip:alice@pbx.example.com sends - hears 2',
      'sip:+15550100@trunk.example.net sends 2 hears -',
    ]);
  });

  test('leaves out a stream without a payload format and names the loss', async () => {
    const world = new World();
    const [one, two] = world.call().streams;
    const { recording, dialog } = await world.recording(
      { streams: [{ ...one!, codecs: [] }, two!] },
      sdp([{}]),
    );
    expect(linesIn(world.agent.last)).toEqual(['audio 40004 0 101 sendonly 2']);
    const outcome = await world.stop(recording, dialog);
    expect(outcome).toMatchObject({ recorded: 'partly', fault: { code: 'NOTHING_RECORDABLE' } });
    expect(world.journal).toContain('1 close');
  });
});

test('without any payload format no recorder is troubled', async () => {
  const world = new World();
  const streams = world.call().streams.map((stream) => ({ ...stream, codecs: [] }));
  const recording = world.record({ streams });
  expect(world.agent.invites).toEqual([]);
  expect(await recording.established).toBe(false);
  expect(await recording.outcome).toMatchObject({
    recorded: 'not',
    fault: { code: 'NOTHING_RECORDABLE' },
  });
  expect(recording.state).toBe('failed');
  expect(world.journal).toEqual(['1 close', '2 close']);
});

describe('an answer', () => {
  test('starts each fork towards what it says, and nothing before', async () => {
    const world = new World();
    const recording = world.record();
    world.agent.last.ring(180);
    await turn();
    expect(world.journal).toEqual([]);
    expect(recording.state).toBe('inviting');

    const answer = sdp([
      { formats: '8', extra: 'a=rtcp:52009\r\n' },
      { port: 52002, address: '198.51.100.21', direction: 'sendrecv' },
    ]);
    world.agent.last.accept(answer);
    await turn();
    expect(world.agent.last.acked).toBe(1);
    expect(await recording.established).toBe(true);
    expect(recording.state).toBe('active');
    expect(world.journal).toEqual([
      '1 start 198.51.100.20:52000/52009',
      '2 start 198.51.100.21:52002/52003',
    ]);
  });

  test('in a multipart body, after its own metadata, is found', async () => {
    const world = new World();
    const body = `--x\r\nContent-Type: application/rs-metadata+xml\r\n\r\n<recording/>\r\n--x\r\nContent-Type: application/sdp\r\n\r\n${sdp()}\r\n--x--`;
    await world.recording({}, body, { 'Content-Type': 'multipart/mixed;boundary=x' });
    expect(world.journal).toHaveLength(2);
  });

  test('that refuses one line leaves the other recorded, and the recording partial', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording({}, sdp([{ port: 0 }, { port: 52002 }]));
    expect(world.journal).toEqual(['1 pause', '2 start 198.51.100.20:52002/52003', '1 gated']);
    // The recorder knows what it refused: nothing is to be said.
    expect(dialog.sent).toEqual([]);
    const outcome = await world.stop(recording, dialog);
    expect(outcome).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_REFUSED' },
      streams: [
        { label: '1', sender: ALICE, recorded: false },
        { label: '2', sender: BOB, recorded: true, stats: { packets: 100 } },
      ],
    });
  });

  test.each([
    ['every line refused', sdp([{ port: 0 }, { port: 0 }])],
    ['fewer lines and those refused', sdp([{ port: 0 }])],
    ['no line at all', sdp([])],
    ['no payload format in common', sdp([{ formats: '18' }, { formats: '18' }])],
    ['telephone events only', sdp([{ formats: '101' }, { formats: '101' }])],
    ['another kind of media', sdp([{ kind: 'video' }, { kind: 'image' }])],
    ['encryption nobody offered', sdp([{ protocol: 'RTP/SAVP' }, { protocol: 'RTP/SAVP' }])],
    ['an address of the other family', sdp([{ address: '2001:db8::1' }, { address: '::1' }])],
    ['a multicast address', sdp([{ address: '239.1.1.1' }, { address: '239.1.1.1' }])],
    ['a host name', sdp([{ address: 'media.example' }, { address: 'media.example' }])],
    ['no description', ''],
    ['a broken description', 'v=0\r\nm=audio x\r\n'],
  ])('with %s ends the session at once', async (_what, answer) => {
    const world = new World();
    const { recording, dialog } = await world.recording({}, answer);
    expect(world.agent.last.acked).toBe(1);
    expect(dialog.byes).toBe(1);
    expect(await recording.established).toBe(false);
    expect(await recording.outcome).toMatchObject({
      recorded: 'not',
      fault: { code: 'RECORDER_REFUSED' },
      status: 200,
    });
    expect(world.journal).toEqual(['1 close', '2 close']);
    expect(world.clock.pending).toBe(0);
  });

  test.each(['sendonly', 'sendrecv'])('that says %s means that it is ready', async (direction) => {
    const world = new World();
    await world.recording({}, sdp([{ formats: '8', direction }, { direction }]));
    expect(world.journal).toHaveLength(2);
  });

  test('that numbers dynamic formats without naming them is taken as meant', async () => {
    const world = new World();
    const [one, two] = world.call().streams;
    const opus = { ...PCMU, payloadType: 96, codec: 'opus', clockRate: 48000, channels: 2 };
    await world.recording(
      { streams: [{ ...one!, codecs: [opus] }, two!] },
      sdp([{ formats: '96' }, {}]),
    );
    expect(world.journal).toHaveLength(2);
  });

  test('with inactive lines waits for the recorder, which keeps the beginning in the forks', async () => {
    const world = new World();
    const answer = sdp([
      { formats: '8', direction: 'inactive' },
      { port: 52002, address: '0.0.0.0' },
    ]);
    const { recording, dialog } = await world.recording({}, answer);
    expect(await recording.established).toBe(true);
    expect(world.journal).toEqual([]);
    expect(dialog.sent).toEqual([]);

    const [response] = dialog.receive('INVITE', sdp());
    expect(response?.status).toBe(200);
    expect(world.journal).toEqual([
      '1 start 198.51.100.20:52000/52001',
      '2 start 198.51.100.20:52002/52003',
    ]);
    dialog.ack();
    expect(await world.stop(recording, dialog)).toMatchObject({ recorded: 'fully' });
  });

  test('inactive until the end leaves nothing recorded', async () => {
    const world = new World();
    const inactive = sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]);
    const { recording, dialog } = await world.recording({}, inactive);
    expect(await world.stop(recording, dialog)).toMatchObject({
      recorded: 'not',
      fault: { code: 'RECORDER_REFUSED' },
    });
  });

  test('late by what the forks could keep makes the recording partial', async () => {
    const world = new World();
    world.forks['2'].dropped = 37;
    const { recording, dialog } = await world.recording();
    expect(await world.stop(recording, dialog)).toMatchObject({
      recorded: 'partly',
      fault: { code: 'RECORDER_UNREACHABLE' },
      reason: expect.stringMatching(
        /37 packets of the beginning could not be kept until it was ready$/,
      ),
    });
  });

  test('whose copies end before it is makes the recording partial', async () => {
    const world = new World();
    world.forks['1'].cut = true;
    const { recording, dialog } = await world.recording();
    expect(await world.stop(recording, dialog)).toMatchObject({
      recorded: 'partly',
      fault: { code: 'NOTHING_RECORDABLE' },
      reason: expect.stringContaining('what stream 1 copied ended before the recording'),
    });
  });

  test('late when no memory is left tells so', async () => {
    const world = new World();
    Object.assign(world.forks['1'], { dropped: 20, crowdedOut: 13 });
    const { recording, dialog } = await world.recording();
    expect(await world.stop(recording, dialog)).toMatchObject({
      recorded: 'partly',
      reason: expect.stringMatching(
        /20 packets .* ready, 13 of them for want of memory for all calls$/,
      ),
    });
  });
});

describe('a recorder that does not take the session', () => {
  test.each([
    [420, 'Bad Extension', 'RECORDER_REFUSED'],
    [488, 'Not Acceptable Here', 'RECORDER_REFUSED'],
    [403, 'Forbidden', 'RECORDER_REFUSED'],
    [401, 'Unauthorized', 'RECORDER_REFUSED'],
    [486, 'Busy Here', 'RECORDER_REFUSED'],
    [500, 'Server Internal Error', 'RECORDER_REFUSED'],
    [603, 'Decline', 'RECORDER_REFUSED'],
    [302, 'Moved Temporarily', 'RECORDER_REFUSED'],
    [408, 'Request Timeout', 'RECORDER_UNREACHABLE'],
    [503, 'Service Unavailable', 'RECORDER_UNREACHABLE'],
  ])('with %i %s ends as %s', async (status, reason, code) => {
    const world = new World();
    const recording = world.record();
    world.agent.last.reject(status, reason);
    expect(await recording.established).toBe(false);
    expect(await recording.outcome).toMatchObject({
      recorded: 'not',
      fault: { code },
      status,
      target: 'main',
      reason: expect.stringContaining(`${status} ${reason}`),
      recorderCallId: undefined,
      answeredAt: undefined,
    });
    expect(recording.state).toBe('failed');
    expect(world.journal).toEqual(['1 close', '2 close']);
    expect(world.clock.pending).toBe(0);
  });

  test('because nothing could be sent ends as unreachable', async () => {
    const world = new World();
    const recording = world.record();
    world.agent.last.break(new Error('the link is gone'));
    expect(await recording.outcome).toMatchObject({
      fault: { code: 'RECORDER_UNREACHABLE' },
      reason: expect.stringContaining('the link is gone'),
    });
  });

  test('because the agent throws ends when its time is over', async () => {
    const world = new World();
    world.agent.invite = () => {
      throw new Error('a bug');
    };
    const recording = world.record();
    world.clock.advance(5000);
    expect(await recording.outcome).toMatchObject({ recorded: 'not' });
  });

  test('by silence is cancelled after five seconds, and a late 2xx is ended', async () => {
    const world = new World();
    const recording = world.record();
    world.clock.advance(4999);
    expect(world.agent.last.cancelled).toBe(0);
    world.clock.advance(1);
    expect(world.agent.last.cancelled).toBe(1);
    expect(await recording.outcome).toMatchObject({
      recorded: 'not',
      fault: { code: 'RECORDER_UNREACHABLE' },
      reason: expect.stringContaining('no answer within 5000 ms'),
    });

    const dialog = world.agent.last.accept(sdp());
    await turn();
    expect(world.agent.last.acked).toBe(1);
    expect(dialog.byes).toBe(1);
    expect(world.journal).toEqual(['1 close', '2 close']);
    expect(world.clock.pending).toBe(0);
  });

  test('within its own time is cancelled then', async () => {
    const world = new World();
    world.record({}, { answerTimeoutMs: 800 });
    world.clock.advance(800);
    expect(world.agent.last.cancelled).toBe(1);
  });

  test('after a reliable provisional response gets its PRACK', async () => {
    const world = new World();
    world.record();
    world.agent.last.ring(183, { RSeq: '1' });
    world.agent.last.ring(183);
    expect(world.agent.last.pracked).toBe(1);
  });
});

describe('a redirection', () => {
  const moved = (...contacts: string[]) => ({ Contact: contacts.join(', ') });

  test('is followed to the best Contact, over the same transport', async () => {
    const world = new World();
    const recording = world.record({}, { uri: 'sip:recorder;transport=udp' });
    world.agent.last.reject(
      302,
      'Moved',
      moved('"B, C" <sip:b@two;x=1>;q=0.2', '<sip:a@one>;q=0.7', 'mailto:x@y'),
    );
    await turn();
    expect(world.agent.last.options.uri).toBe('sip:a@one;transport=udp');
    expect(metadataIn(world.agent.last).mode).toBe('complete');
    world.agent.last.reject(486, 'Busy');
    await turn();
    expect(world.agent.last.options.uri).toBe('sip:b@two;x=1;transport=udp');
    world.agent.last.accept(sdp());
    expect(await recording.established).toBe(true);
  });

  test('to where we have been is not followed', async () => {
    const world = new World();
    const recording = world.record();
    world.agent.last.reject(302, 'Moved', moved('<sip:recorder.example.net>'));
    expect(await recording.outcome).toMatchObject({ fault: { code: 'RECORDER_REFUSED' } });
    expect(world.agent.invites).toHaveLength(1);
  });

  test('is followed three times, no more', async () => {
    const world = new World();
    const recording = world.record();
    for (let i = 1; i <= 4; i++) {
      world.agent.last.reject(301, 'Moved', moved(`<sip:recorder-${i}>`));
      await turn();
    }
    expect(world.agent.invites).toHaveLength(4);
    expect(await recording.outcome).toMatchObject({ status: 301, recorded: 'not' });
  });

  test('to many places tries three of them', async () => {
    const world = new World();
    const recording = world.record();
    const many = Array.from({ length: 50 }, (_, i) => `<sip:recorder-${i}>`);
    world.agent.last.reject(300, 'Multiple Choices', moved(...many));
    for (let i = 0; i < 10; i++) {
      await turn();
      world.agent.last.reject(486, 'Busy');
    }
    expect((await recording.outcome).status).toBe(486);
    expect(world.agent.invites).toHaveLength(4);
  });

  test('does not give more time', async () => {
    const world = new World();
    const recording = world.record();
    world.clock.advance(3000);
    world.agent.last.reject(302, 'Moved', moved('<sip:other>'));
    await turn();
    world.clock.advance(2000);
    expect(world.agent.last.cancelled).toBe(1);
    expect((await recording.outcome).fault?.code).toBe('RECORDER_UNREACHABLE');
  });
});

describe('stopping before the answer', () => {
  test('cancels, and ends what was accepted all the same', async () => {
    const world = new World();
    const recording = world.record();
    const outcome = recording.stop({ cause: 487, text: 'caller hung up' });
    expect(world.agent.last.cancelled).toBe(1);
    expect(await outcome).toMatchObject({
      recorded: 'not',
      fault: { code: 'RECORDER_UNREACHABLE' },
      reason: expect.stringContaining('caller hung up'),
    });
    expect(await recording.established).toBe(false);
    const dialog = world.agent.last.accept(sdp());
    await turn();
    expect(dialog.byes).toBe(1);
    expect(world.journal).toEqual(['1 close', '2 close']);
  });

  test('is over when the 487 comes', async () => {
    const world = new World();
    const recording = world.record();
    void recording.stop({ text: 'ended' });
    world.agent.last.reject(487, 'Request Terminated');
    await turn();
    expect((await recording.outcome).status).toBeUndefined();
    expect(world.clock.pending).toBe(0);
  });
});

test('changes before the answer are told after it', async () => {
  const world = new World();
  const recording = world.record();
  recording.update({ held: [ALICE], streams: [{ label: '1', codecs: [PCMU] }] });
  const dialog = world.agent.last.accept(sdp());
  await turn();
  expect(dialog.sent).toHaveLength(1);
  expect(linesIn(dialog.last)).toEqual([
    'audio 40000 0 sendonly 1',
    'audio 40004 0 101 sendonly 2',
  ]);
  expect(heardAfter(world.agent.last, dialog.last)).toEqual([
    'sip:alice@pbx.example.com sends 1 hears -',
    'sip:+15550100@trunk.example.net sends - hears 1',
  ]);
});

test('a codec list that becomes empty changes nothing', async () => {
  const world = new World();
  const { recording, dialog } = await world.recording();
  recording.update({ streams: [{ label: '1', codecs: [] }] });
  recording.update({
    streams: [{ label: '1', codecs: [PCMA, world.call().streams[0]!.codecs[1]!] }],
  });
  expect(dialog.sent).toEqual([]);
});
