import { randomIds, SystemClock, silentLog } from '../../../src/core';
import type { RecordingMode } from '../../../src/policy';
import { createRecordingClient, metadataOf, parseBody, sdpOf } from '../../../src/siprec';
import type { Dialog, SipMessage } from '../../../src/ua';
import { Ear, portOf, until } from './ear';
import { House, PLANES } from './house';
import { audio, Party } from './party';

/** What nobody may find in a recording. */
const SECRET = 66;

/** One recording session as the recorder has it. */
interface Session {
  readonly metadata: string;
  readonly own: Ear;
  readonly other: Ear;
  ended: boolean;
}

describe.each(PLANES)('commands to the recording of a call over %s', (plane) => {
  let alice: Party;
  let bob: Party;
  let recorder: Party;
  let house: House;
  const ears: Ear[] = [];
  let sessions: Session[];

  beforeEach(async () => {
    [alice, bob, recorder] = await Promise.all([Party.open(), Party.open(), Party.open()]);
    sessions = [];
  });

  afterEach(async () => {
    await house.close();
    await Promise.all([alice.close(), bob.close(), recorder.close()]);
    for (const ear of ears.splice(0)) ear.close();
  });

  async function openEar(): Promise<Ear> {
    const ear = await Ear.open();
    ears.push(ear);
    return ear;
  }

  function parts(message: SipMessage) {
    const parsed = parseBody({ contentType: message.header('content-type') }, message.body);
    if (parsed.kind !== 'parts') throw new Error(parsed.problem);
    return parsed.parts;
  }

  /** Takes every line that is offered, in the direction that is offered. */
  function answerTo(message: SipMessage, own: Ear, other: Ear): string {
    const offered = [...(sdpOf(parts(message)) ?? '').matchAll(/^a=(sendonly|inactive)/gm)];
    return ['v=0', 'o=srs 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
      .concat(
        [own, other].flatMap(({ port }, line) => [
          `m=audio ${port} RTP/AVP 0`,
          offered[line]?.[1] === 'inactive' ? 'a=inactive' : 'a=recvonly',
        ]),
      )
      .concat('')
      .join('\r\n');
  }

  /** The recorder takes the next recording session. */
  async function takeSession(): Promise<Session> {
    const invite = await recorder.nextCall();
    const [own, other] = await Promise.all([openEar(), openEar()]);
    const session = { metadata: metadataOf(parts(invite)) ?? '', own, other, ended: false };
    sessions.push(session);
    const dialog = await invite.accept({
      body: answerTo(invite, own, other),
      headers: { Contact: '<sip:srs@localhost>;+sip.srs' },
    });
    dialog.onReinvite = (request) =>
      void request.respond(200, { body: answerTo(request, own, other) });
    dialog.onUpdate = (request) => void request.respond(200);
    dialog.onEnd = () => {
      session.ended = true;
    };
    return session;
  }

  /** Alice calls Bob, who is recorded in this mode. */
  async function talk(mode: RecordingMode) {
    house = await House.open({
      plane,
      targets: [bob.place],
      users: [{ aor: 'sip:bob@127.0.0.1', mode }],
      recorder: (agent) => {
        const clock = new SystemClock();
        const client = createRecordingClient({ agent, clock, ids: randomIds, log: silentLog });
        const target = { name: 'srs', uri: `${recorder.place};transport=udp` };
        return { start: (request) => client.record([target], request) };
      },
    });
    const [aliceEar, bobEar] = await Promise.all([openEar(), openEar()]);
    const outgoing = alice.agent.invite({
      uri: `sip:bob@127.0.0.1:${house.port('udp')}`,
      body: audio('sendrecv', 1, aliceEar.port),
    });
    const incoming = await bob.nextCall();
    const toBob = portOf(incoming.body);
    const callee = await incoming.accept({ body: audio('sendrecv', 1, bobEar.port) });
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.ack();
    const toAlice = portOf(final.response.body);
    await until('the call is up', () => house.b2bua.calls()[0]?.state === 'talking');
    /** Both say it, and each hears the other. */
    const say = async (octet: number) => {
      aliceEar.speak(octet, toAlice);
      bobEar.speak(octet, toBob);
      await until(`${octet} is heard`, () =>
        [aliceEar, bobEar].every((e) => e.heard.includes(octet)),
      );
    };
    return { caller: final.dialog, callee, say };
  }

  async function record(dialog: Dialog, word: string): Promise<number> {
    return (await dialog.request('INFO', { headers: { Record: word } })).status;
  }

  /** Both say it until it is recorded: rtpengine keeps nothing that is said before the recorder listens. */
  async function recorded(
    say: (octet: number) => Promise<void>,
    octet: number,
    { own, other }: Session,
  ): Promise<void> {
    const isThere = () => [own, other].every((ear) => ear.heard.includes(octet));
    for (let patience = 150; patience > 0 && !isThere(); patience--) {
      await say(octet);
      await until(`the recorder hears ${octet}`, isThere, plane === 'relay' ? 30_000 : 200).catch(
        (error: unknown) => {
          if (patience === 1 || plane === 'relay') throw error;
        },
      );
    }
  }

  /** What was said, each once, however often it was said. */
  function words({ own, other }: Session): number[][] {
    return [own, other].map(({ heard }) => [...new Set(heard)]);
  }

  /** Whether the moment before the recorder listened is in it. */
  const entire = plane === 'relay' ? 'fully' : expect.stringMatching(/^(fully|partly)$/);

  it('a pause keeps every packet of its time from the recorder', async () => {
    const { caller, callee, say } = await talk('always-pause-resume');
    const session = await takeSession();
    await recorded(say, 1, session);

    expect(await record(callee, 'pause')).toBe(200);
    await say(SECRET);
    expect(await record(callee, 'off')).toBe(403);
    expect(await record(callee, 'resume')).toBe(200);
    await until('it goes on', () => house.b2bua.calls()[0]?.recordings[0]?.state === 'active');
    await recorded(say, 2, session);
    // A command from outside is one like the others.
    const [call] = house.b2bua.calls();
    expect(await house.b2bua.control(call!.id, undefined, 'pause')).toBe('done');
    await say(SECRET + 1);
    expect(await house.b2bua.control('nobody', undefined, 'pause')).toBe('no-call');

    await caller.bye();
    await house.empty();
    expect(words(session)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(house.records[0]!.recordings).toMatchObject([{ recorded: entire }]);
    expect(house.records[0]!.controls).toMatchObject([
      { by: 'info', action: 'pause', result: 'done' },
      { by: 'info', action: 'stop', result: 'forbidden' },
      { by: 'info', action: 'resume', result: 'done' },
      { by: 'api', action: 'pause', result: 'done' },
    ]);
  });

  it('nothing is recorded on demand before the user starts; stop and start give two recordings', async () => {
    const { caller, callee, say } = await talk('on-demand');
    await say(SECRET);
    expect(house.b2bua.calls()[0]?.recordings).toMatchObject([
      { user: 'sip:bob@127.0.0.1', state: 'off' },
    ]);
    expect((await house.plane.usage()).forks).toBe(0);

    const started = record(callee, 'on');
    const first = await takeSession();
    expect(await started).toBe(200);
    await recorded(say, 1, first);
    expect(await record(callee, 'off')).toBe(200);
    await say(SECRET + 1);
    await until('the first has ended', () => first.ended);

    const again = record(callee, 'on');
    const second = await takeSession();
    expect(await again).toBe(200);
    await recorded(say, 2, second);

    await caller.bye();
    await house.empty();
    for (const [session, octet] of [
      [first, 1],
      [second, 2],
    ] as const) {
      expect(words(session)).toEqual([[octet], [octet]]);
    }
    const [record1, record2, ...others] = house.records[0]!.recordings;
    expect(others).toEqual([]);
    expect([record1, record2]).toMatchObject([{ recorded: entire }, { recorded: entire }]);
    expect(record1!.recordingId).not.toBe(record2!.recordingId);
    const group = /group_id="[^"]+"|<group_id>[^<]+|group_id/;
    expect(group.exec(second.metadata)?.[0]).toBe(group.exec(first.metadata)?.[0]);
  });

  it('are no business of the other side’s: what it sends goes to the user’s phone', async () => {
    const { caller, callee } = await talk('on-demand');
    const seen: string[] = [];
    callee.onRequest = (request) => {
      seen.push(`${request.method} ${request.header('record')}`);
      void request.respond(200);
    };
    expect(await record(caller, 'on')).toBe(200);
    expect(seen).toEqual(['INFO on']);
    await caller.bye();
    await house.empty();
    expect(house.records[0]).toMatchObject({ recordings: [], controls: [] });
  });
});
