import { randomIds, SystemClock, silentLog } from '../../../src/core';
import {
  createRecordingClient,
  metadataOf,
  parseBody,
  parseMetadata,
  partiesOf,
  type RecordingMetadata,
} from '../../../src/siprec';
import type { Dialog, SipMessage } from '../../../src/ua';
import { schemaErrors } from '../../siprec/schema';
import { until } from './ear';
import { House } from './house';
import { audio, Party } from './party';

const CAROL = '"Carol" <sip:300@pbx.example.com>';

describe('a recording whose participants change', () => {
  let alice: Party;
  let bob: Party;
  let recorder: Party;
  let house: House;
  /** Documents that the recorder got, in order; one list a session. */
  let sessions: string[][];

  beforeEach(async () => {
    [alice, bob, recorder] = await Promise.all([Party.open(), Party.open(), Party.open()]);
    sessions = [];
  });

  afterEach(async () => {
    await house.close();
    await Promise.all([alice.close(), bob.close(), recorder.close()]);
  });

  function documentOf(message: SipMessage): string | undefined {
    const parsed = parseBody({ contentType: message.header('content-type') }, message.body);
    return parsed.kind === 'parts' ? metadataOf(parsed.parts) : undefined;
  }

  async function takeSessions(): Promise<void> {
    for (;;) {
      const invite = await recorder.nextCall();
      const documents: string[] = [];
      sessions.push(documents);
      const keep = (message: SipMessage) => {
        const document = documentOf(message);
        if (document) documents.push(document);
      };
      keep(invite);
      const body = ['v=0', 'o=srs 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
        .concat([4444, 4446].flatMap((port) => [`m=audio ${port} RTP/AVP 0`, 'a=recvonly']))
        .concat('')
        .join('\r\n');
      const dialog = await invite.accept({
        body,
        headers: { Contact: '<sip:srs@localhost>;+sip.srs' },
      });
      const answer = (request: Parameters<NonNullable<Dialog['onUpdate']>>[0]) => {
        keep(request);
        void request.respond(200, request.body.includes('m=audio') ? { body } : {});
      };
      dialog.onReinvite = answer;
      dialog.onUpdate = answer;
    }
  }

  async function open(): Promise<void> {
    house = await House.open({
      targets: [bob.place],
      users: [{ aor: 'sip:bob@127.0.0.1', name: 'Bob', mode: 'always' }],
      recorder: (agent) => {
        const clock = new SystemClock();
        const client = createRecordingClient({ agent, clock, ids: randomIds, log: silentLog });
        const target = { name: 'srs', uri: `${recorder.place};transport=udp` };
        return { start: (request) => client.record([target], request) };
      },
    });
    void takeSessions();
  }

  async function talk(headers: Record<string, string> = {}) {
    const uri = `sip:bob@127.0.0.1:${house.port('udp')}`;
    const before = sessions.length;
    const outgoing = alice.agent.invite({ uri, body: audio(), headers });
    const incoming = await bob.nextCall();
    const callee = await incoming.accept({ body: audio() });
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.ack();
    for (const dialog of [callee, final.dialog]) {
      dialog.onReinvite = (request) => void request.respond(200, { body: audio('sendrecv', 2) });
      dialog.onUpdate = (request) => void request.respond(200);
    }
    await until('the recorder has it', () => sessions[before]?.length === 1);
    return { caller: final.dialog, callee, incoming };
  }

  function read(document: string | undefined): RecordingMetadata {
    expect(schemaErrors(document!)).toBe('');
    const parsed = parseMetadata(document!);
    if (parsed.kind !== 'recording') throw new Error(JSON.stringify(parsed));
    return parsed.metadata;
  }

  /** Everything that was told so far: who is there, and who has left. */
  function told(documents: readonly string[]): string[] {
    const present = new Map<string, string>();
    for (const document of documents) {
      for (const { participantId, aors, name, leftAt } of partiesOf(read(document))) {
        const who = name ?? aors[0]?.replace(/@127\.0\.0\.1.*/, '');
        present.set(participantId, `${who}${leftAt ? ' left' : ''}`);
      }
    }
    return [...present.values()];
  }

  it('goes on when the other side is transferred, and tells who has come and who has left', async () => {
    await open();
    const { caller } = await talk({ 'P-Asserted-Identity': '<sip:+15550100@trunk.example.net>' });
    const [documents] = sessions;
    expect(told(documents!)).toEqual(['Bob', 'sip:+15550100@trunk.example.net']);

    const final = await caller.reinvite({
      body: audio('sendrecv', 2),
      headers: { 'P-Asserted-Identity': CAROL },
    });
    if (final.kind === 'accepted') final.ack();
    await until('the recorder is told', () => documents!.length > 1);
    const update = read(documents![1]);
    expect(update.mode).toBe('partial');
    expect(update.participants.map(({ nameIds }) => nameIds)).toEqual([
      [{ aor: 'sip:300@pbx.example.com', name: 'Carol' }],
    ]);
    expect(
      update.participantSessions.map(({ associateTime, disassociateTime }) => [
        associateTime instanceof Date,
        disassociateTime instanceof Date,
      ]),
    ).toEqual([
      [true, true],
      [true, false],
    ]);
    await caller.bye();
    await house.empty();
    expect(sessions).toHaveLength(1);
    expect(house.records[0]!.recordings).toMatchObject([{ recorded: 'fully' }]);
  });

  it('goes on when the user’s own side is transferred, told by an UPDATE without a description', async () => {
    await open();
    const { callee, caller } = await talk();
    const seen: (string | undefined)[] = [];
    caller.onUpdate = (request) => {
      seen.push(request.header('p-asserted-identity'));
      void request.respond(200);
    };
    const status = (await callee.request('UPDATE', { headers: { 'P-Asserted-Identity': CAROL } }))
      .status;
    expect([status, seen]).toEqual([200, [CAROL]]);
    const [documents] = sessions;
    await until('the recorder is told', () => documents!.length > 1);
    const [, update] = documents!.map(read);
    const [left, came] = update!.participantStreams;
    // Carol is heard where Bob was.
    expect(left).toMatchObject({ sends: [], receives: [] });
    expect([came!.sends.length, came!.receives.length]).toEqual([1, 1]);
    await caller.bye();
    await house.empty();
  });

  it('belongs to the group of the call of which it replaces a side', async () => {
    await open();
    const first = await talk();
    // Alice's other phone takes her place: for Bob it is a call that replaces his.
    const replaces = `${first.caller.callId};to-tag=${first.caller.remoteTag};from-tag=${first.caller.localTag}`;
    const second = await talk({ Replaces: replaces });
    expect(second.incoming.header('replaces')).toContain(first.callee.callId);
    await first.caller.bye();
    const groups = sessions.map(([document]) => read(document).groups[0]!.id);
    expect(groups[1]).toBe(groups[0]);
    const ids = sessions.map(([document]) => read(document).sessions[0]!.id);
    expect(ids[1]).not.toBe(ids[0]);
    await second.caller.bye();
    await house.empty();
  });
});
