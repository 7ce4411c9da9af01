import { randomIds, SystemClock, silentLog } from '../../../src/core';
import { createRecordingClient, metadataOf, parseBody, sdpOf } from '../../../src/siprec';
import type { Dialog, IncomingInvite } from '../../../src/ua';
import { Ear, portOf, until } from './ear';
import { House, type HouseOptions, PLANES } from './house';
import { audio, Party, talk } from './party';

/** What was said, each once, however often it was said. */
function words({ heard }: Ear): number[] {
  return [...new Set(heard)];
}

describe.each(PLANES)('a recorded call over %s', (plane) => {
  let alice: Party;
  let bob: Party;
  let recorder: Party;
  let house: House;
  let ears: Ear[];

  beforeEach(async () => {
    [alice, bob, recorder] = await Promise.all([Party.open(), Party.open(), Party.open()]);
    ears = await Promise.all([Ear.open(), Ear.open(), Ear.open(), Ear.open()]);
  });

  afterEach(async () => {
    await house.close();
    await Promise.all([alice.close(), bob.close(), recorder.close()]);
    for (const ear of ears) ear.close();
  });

  async function open(options: Partial<HouseOptions> = {}): Promise<string> {
    house = await House.open({
      plane,
      targets: [bob.place],
      users: [{ aor: 'sip:bob@127.0.0.1', mode: 'always' }],
      recorder: (agent) => {
        const client = createRecordingClient({
          agent,
          clock: new SystemClock(),
          ids: randomIds,
          log: silentLog,
        });
        const target = { name: 'srs', uri: `${recorder.place};transport=udp` };
        return { start: (request) => client.record([target], request) };
      },
      ...options,
    });
    return `sip:bob@127.0.0.1:${house.port('udp')}`;
  }

  function recorderAnswers(invite: IncomingInvite, first: Ear, second: Ear): Promise<Dialog> {
    const body = ['v=0', 'o=srs 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
      .concat([first, second].flatMap(({ port }) => [`m=audio ${port} RTP/AVP 0`, 'a=recvonly']))
      .concat('')
      .join('\r\n');
    return invite.accept({ body, headers: { Contact: '<sip:srs@localhost>;+sip.srs' } });
  }

  it('sends the recorder each side as a stream of its own, and says what is missing of the beginning', async () => {
    const [aliceEar, bobEar, one, two] = ears as [Ear, Ear, Ear, Ear];
    const through = await open();
    const outgoing = alice.agent.invite({
      uri: through,
      body: audio('sendrecv', 1, aliceEar.port),
    });
    const incoming = await bob.nextCall();
    const toBob = portOf(incoming.body);
    const dialog = await incoming.accept({ body: audio('sendrecv', 1, bobEar.port) });
    dialog.onRequest = (request) => void request.respond(200);
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.ack();
    const toAlice = portOf(final.response.body);

    // Spoken before the recorder has answered: kept for it by the relay, and by nobody else.
    for (const octet of [1, 2, 3]) aliceEar.speak(octet, toAlice);
    for (const octet of [101, 102, 103]) bobEar.speak(octet, toBob);
    await until('the call is heard', () => bobEar.heard.length >= 3 && aliceEar.heard.length >= 3);

    const session = await recorder.nextCall();
    const parsed = parseBody({ contentType: session.header('content-type') }, session.body);
    if (parsed.kind !== 'parts') throw new Error(parsed.problem);
    expect(sdpOf(parsed.parts)).toMatch(/a=label:1[\s\S]*a=label:2/);
    expect(metadataOf(parsed.parts)).toContain('sip:bob@127.0.0.1');
    const recording = await recorderAnswers(session, one, two);
    recording.onReinvite = (request) => void request.respond(200, { body: '' });
    recording.onUpdate = (request) => void request.respond(200);
    await until(
      'the recording runs',
      () => house.b2bua.calls()[0]?.recordings[0]?.state === 'active',
    );
    // Until it is heard: that the recorder listens has to come to the plane yet.
    await until('the recorder hears both', () => {
      if (two.heard.includes(4) && one.heard.includes(104)) return true;
      aliceEar.speak(4, toAlice);
      bobEar.speak(104, toBob);
      return false;
    });
    // Label 1 is the recorded user, and that is Bob.
    const kept = plane === 'relay';
    expect(words(one)).toEqual(kept ? [101, 102, 103, 104] : [104]);
    expect(words(two)).toEqual(kept ? [1, 2, 3, 4] : [4]);

    const ended = new Promise((resolve) => {
      recording.onEnd = resolve;
    });
    await final.dialog.bye();
    await ended;
    await house.empty();
    expect(house.records[0]!.recordings).toMatchObject([
      kept
        ? { side: 'callee', recorded: 'fully', recorder: 'srs', status: 200 }
        : {
            recorded: 'partly',
            status: 200,
            detail: expect.stringMatching(/: \d+ packets of the beginning/),
          },
    ]);
    const { caller, callee } = house.records[0]!.media[0]!;
    expect(Math.min(caller.packets, callee.packets)).toBeGreaterThanOrEqual(4);
  });

  it('goes on when the recorder refuses, and its record says so', async () => {
    const through = await open();
    void recorder.nextCall().then((session) => session.reject(603));
    const { caller } = await talk(alice, bob, through);
    await until('refused', () => house.b2bua.calls()[0]?.recordings[0]?.state === 'failed');
    expect(house.b2bua.calls()[0]?.state).toBe('talking');
    await caller.bye();
    await house.empty();
    expect(house.records[0]!.recordings).toMatchObject([
      { recorded: 'not', fault: 'RECORDER_REFUSED', status: 603 },
    ]);
  });

  it('never troubles a recorder when it concerns nobody recorded', async () => {
    const through = await open({ users: [] });
    let asked = false;
    void recorder.nextCall().then(() => {
      asked = true;
    });
    const { caller } = await talk(alice, bob, through);
    await caller.bye();
    await house.empty();
    expect(asked).toBe(false);
    expect(house.records[0]!.recordings).toEqual([]);
  });
});
