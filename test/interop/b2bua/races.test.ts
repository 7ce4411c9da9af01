import type { RecordingRequest } from '../../../src/siprec';
import type { Dialog, IncomingReinvite } from '../../../src/ua';
import { captureLog, expectNoIdentity } from '../../support/captured-log';
import { House, type HouseOptions } from './house';
import { audio, once, Party, talk } from './party';

describe('a call whose ends move at the same time', () => {
  let alice: Party;
  let bob: Party;
  let house: House;

  beforeEach(async () => {
    [alice, bob] = await Promise.all([Party.open(), Party.open()]);
  });

  afterEach(async () => {
    await house.close();
    await Promise.all([alice.close(), bob.close()]);
  });

  async function open(options: Partial<HouseOptions> = {}): Promise<string> {
    house = await House.open({ targets: [bob.place], ...options });
    return `sip:bob@127.0.0.1:${house.port('udp')}`;
  }

  it('survives BYE from both sides at once', async () => {
    const { caller, callee } = await talk(alice, bob, await open());
    await Promise.all([caller.bye(), callee.bye()]);
    await house.empty();
    expect([alice.dialogs, bob.dialogs]).toEqual([0, 0]);
    expect(house.records).toHaveLength(1);
  });

  it('answers one of two offers that cross 491, and tries the other again', async () => {
    const { caller, callee } = await talk(alice, bob, await open({ random: () => 0 }));
    const answer = (request: IncomingReinvite) => {
      void request.respond(200, { body: audio('recvonly', 2) });
    };
    caller.onReinvite = answer;
    callee.onReinvite = answer;
    const [fromAlice, fromBob] = await Promise.all([
      caller.reinvite({ body: audio('sendonly', 2) }),
      callee.reinvite({ body: audio('sendonly', 2) }),
    ]);
    const statuses = [fromAlice.response.status, fromBob.response.status];
    for (const final of [fromAlice, fromBob]) if (final.kind === 'accepted') final.ack();
    expect(statuses.toSorted()).toEqual([200, 491]);
    await caller.bye();
    await house.empty();
  });

  it('acknowledges the callee at once, and holds its re-INVITE back until the caller has acknowledged', async () => {
    const through = await open();
    const outgoing = alice.agent.invite({ uri: through, body: audio() });
    const dialog = await (await bob.nextCall()).accept({ body: audio() });
    await once((resolve) => {
      dialog.onAck = resolve;
    });
    const change = dialog.reinvite({ body: audio('sendonly', 2) });
    const told = dialog.request('INFO', { headers: { 'X-Said': 'early' } });
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    const order: string[] = [];
    final.dialog.onReinvite = (request) => {
      order.push('re-INVITE');
      void request.respond(200, { body: audio('recvonly', 2) });
    };
    final.dialog.onRequest = (request) => {
      order.push(request.method);
      void request.respond(200);
    };
    expect((await told).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
    order.push('ACK');
    final.ack();
    const changed = await change;
    expect(changed.response.status).toBe(200);
    if (changed.kind === 'accepted') changed.ack();
    expect(order).toEqual(['INFO', 'ACK', 're-INVITE']);
    await final.dialog.bye();
    await house.empty();
  });

  it.each([
    ['at once when it was offered something', audio('sendonly', 2), ['callee', 'caller']],
    ['with the answer of the one who asked when it has offered', undefined, ['caller', 'callee']],
  ])('acknowledges the one who accepts a change %s', async (_when, body, expected) => {
    const { caller, callee } = await talk(alice, bob, await open());
    callee.onReinvite = (request) => void request.respond(200, { body: audio('recvonly', 2) });
    const order: string[] = [];
    const acknowledged = once<string>((resolve) => {
      callee.onAck = (ack) => {
        order.push('callee');
        resolve(ack.body);
      };
    });
    const change = await caller.reinvite(body === undefined ? {} : { body });
    if (change.kind !== 'accepted') throw new Error('refused');
    // That it waits for the caller's is seen by waiting; that it does not, by its coming.
    if (body === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    else await acknowledged;
    order.push('caller');
    change.ack(body === undefined ? audio('sendonly', 2) : undefined);
    expect((await acknowledged).includes('m=audio')).toBe(body === undefined);
    expect(order).toEqual(expected);
    await caller.bye();
    await house.empty();
  });

  it('goes on as it was when the answer to a change cannot be used, and says so to the one who accepted', async () => {
    const { caller, callee } = await talk(alice, bob, await open());
    const offers: string[] = [];
    const restored = once<void>((resolve) => {
      callee.onReinvite = (request) => {
        offers.push(request.body);
        const usable = audio('sendrecv', offers.length + 1, 4002);
        const body = offers.length > 1 ? usable : usable.replace(/c=.*\r\n/, '');
        void request.respond(200, { body });
      };
      callee.onAck = () => offers.length > 1 && resolve();
    });
    const change = await caller.reinvite({ body: audio('sendonly', 2) });
    expect(change.response.status).toBe(488);
    await restored;
    expect(offers.map((offer) => /a=(send\w+)/.exec(offer)?.[1])).toEqual(['sendonly', 'sendrecv']);
    await caller.bye();
    await house.empty();
  });

  it('holds a re-INVITE back that comes before the ACK to the one before it', async () => {
    const through = await open();
    const outgoing = alice.agent.invite({ uri: through, body: audio() });
    const dialog = await (await bob.nextCall()).accept({ body: audio() });
    dialog.onReinvite = (request) => void request.respond(200, { body: audio('sendrecv', 2) });
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.dialog.onReinvite = (request) =>
      void request.respond(200, { body: audio('sendrecv', 2) });
    final.ack();
    const first = await final.dialog.reinvite({ body: audio('sendrecv', 2) });
    const second = dialog.reinvite({ body: audio('sendrecv', 3) });
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (first.kind === 'accepted') first.ack();
    expect([first.kind, (await second).response.status]).toEqual(['accepted', 200]);
    const crossed = await second;
    if (crossed.kind === 'accepted') crossed.ack();
    await final.dialog.bye();
    await house.empty();
  });

  it('acknowledges a change to the one who accepted it when the one who asked hangs up first', async () => {
    const { caller, callee } = await talk(alice, bob, await open());
    callee.onReinvite = (request) => void request.respond(200, { body: audio('recvonly', 2) });
    const order: string[] = [];
    callee.onAck = () => order.push('ACK');
    const ended = once<void>((resolve) => {
      callee.onEnd = () => {
        order.push('BYE');
        resolve();
      };
    });
    const change = await caller.reinvite({ body: audio('sendonly', 2) });
    expect(change.kind).toBe('accepted');
    await caller.bye();
    await ended;
    expect(order).toEqual(['ACK', 'BYE']);
    await house.empty();
  });

  it('passes the Replaces of an attended transfer on as the other side knows the call', async () => {
    const through = await open();
    const first = await talk(alice, bob, through);
    const second = await talk(alice, bob, through);
    const referred = once<string>((resolve) => {
      first.callee.onRequest = (request) => {
        void request.respond(202);
        resolve(decodeURIComponent(request.header('refer-to') ?? ''));
      };
    });
    const { callId, localTag, remoteTag } = second.caller;
    const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
    await first.caller.request('REFER', {
      headers: { 'Refer-To': `<sip:carol@example.com?Replaces=${replaces}>` },
    });
    const other = second.callee;
    expect(await referred).toBe(
      `<sip:carol@example.com?Replaces=${other.callId};to-tag=${other.localTag};from-tag=${other.remoteTag}>`,
    );
    await Promise.all([first.caller.bye(), second.caller.bye()]);
    await house.empty();
  });

  it('takes an UPDATE of the callee, and an INFO of either, before it is answered', async () => {
    const through = await open();
    const outgoing = alice.agent.invite({
      uri: through,
      headers: { Supported: '100rel' },
      body: audio(),
    });
    const acknowledged = once<void>((resolve) => {
      outgoing.onProgress = async (progress) => {
        await progress.prack();
        resolve();
      };
    });
    outgoing.onUpdate = (update) => {
      void update.respond(200, { body: update.body.replace('sendonly', 'recvonly') });
    };
    outgoing.onRequest = (request) => void request.respond(200, { headers: { 'X-By': 'alice' } });
    const incoming = await bob.nextCall();
    incoming.onRequest = (request) => void request.respond(200, { headers: { 'X-By': 'bob' } });
    await incoming.progress(183, { body: audio(), reliable: true });
    await acknowledged;
    const updated = await incoming.request('UPDATE', { body: audio('sendonly', 2) });
    expect([updated.status, updated.body.includes('a=recvonly')]).toEqual([200, true]);
    const info = { headers: { 'Content-Type': 'text/plain' }, body: 'x' };
    expect((await incoming.request('INFO', info)).header('x-by')).toBe('alice');
    expect((await outgoing.request('INFO', info)).header('x-by')).toBe('bob');
    await incoming.accept({});
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.ack();
    await final.dialog.bye();
    await house.empty();
  });

  it('may have its offer in a reliable provisional response, and the answer in the PRACK', async () => {
    const through = await open();
    const outgoing = alice.agent.invite({ uri: through, headers: { Supported: '100rel' } });
    outgoing.onProgress = (progress) => {
      expect(progress.body).toContain('m=audio');
      expect(progress.body).not.toContain('o=party');
      void progress.prack(audio('sendrecv', 1, 4444));
    };
    const incoming = await bob.nextCall();
    const answer = once<string>((resolve) => {
      incoming.onPrack = (prack) => {
        void prack.respond(200);
        resolve(prack.body);
      };
    });
    await incoming.progress(183, { body: audio(), reliable: true });
    expect(await answer).toContain('m=audio');
    expect(await answer).not.toContain('4444');
    await incoming.accept({});
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.ack();
    await final.dialog.bye();
    await house.empty();
  });

  it('asks for a session timer on both legs, and for no less than the callee takes', async () => {
    const through = await open({ sessionExpiresS: 120 });
    const outgoing = alice.agent.invite({ uri: through, body: audio() });
    const first = await bob.nextCall();
    expect(first.header('session-expires')).toBe('120');
    expect(first.header('supported')).toContain('timer');
    await first.reject(422, { headers: { 'Min-SE': '300' } });
    const second = await bob.nextCall();
    expect(second.header('session-expires')).toBe('300');
    expect(second.header('min-se')).toBe('300');
    await second.accept({ body: audio() });
    const final = await outgoing.final;
    expect(final.response.header('session-expires')).toBe('120;refresher=uas');
    if (final.kind === 'accepted') {
      final.ack();
      await final.dialog.bye();
    }
    await house.empty();
    expect(house.records[0]!.attempts.map(({ status }) => status)).toEqual([200]);
  });

  it('ends when nobody has sent any RTP for too long, and says why', async () => {
    const outgoing = alice.agent.invite({
      uri: await open({ rtpTimeoutMs: 300 }),
      body: audio(),
    });
    // From the first moment on: the time may be up before the call is.
    const ending = (dialog: Dialog) =>
      once<string | undefined>((resolve) => {
        dialog.onEnd = ({ message }) => resolve(message?.header('reason'));
      });
    const callee = ending(await (await bob.nextCall()).accept({ body: audio() }));
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    const caller = ending(final.dialog);
    final.ack();
    for (const reason of [await caller, await callee]) expect(reason).toContain('SIP;cause=408');
    await house.empty();
    expect(house.records[0]!.end).toMatchObject({ by: 'us', fault: 'MEDIA_TIMEOUT' });
  });

  it('is let go on while draining, and ended after the grace', async () => {
    const through = await open();
    const { caller } = await talk(alice, bob, through);
    const ended = once<string | undefined>((resolve) => {
      caller.onEnd = ({ message }) => resolve(message?.header('reason'));
    });
    const drained = house.b2bua.drain(200);
    const late = await alice.agent.invite({ uri: through, body: audio() }).final;
    expect(late.response.status).toBe(503);
    expect(await ended).toContain('SIP;cause=503');
    await drained;
    expect(house.b2bua.calls()).toEqual([]);
  });

  it('ends with its record when the control link to the engine is lost', async () => {
    const { caller } = await talk(alice, bob, await open({ link: 'tcp' }));
    const ended = once((resolve) => {
      caller.onEnd = resolve;
    });
    await house.cutLink();
    await ended;
    await house.empty();
    expect(house.records[0]!.end.by).toBe('us');
  });

  it('is recorded from its answer to its end, for each recorded user by a recording of its own', async () => {
    const requests: RecordingRequest[] = [];
    const told: string[] = [];
    let bothBegun: (() => void) | undefined;
    const begun = once<void>((resolve) => {
      bothBegun = resolve;
    });
    const through = await open({
      users: [
        { number: 'alice', aor: 'sip:alice@example.com', name: 'Alice', mode: 'always' },
        { aor: `sip:bob@127.0.0.1`, mode: 'always' },
      ],
      recordings: {
        start: (request) => {
          requests.push(request);
          if (requests.length === 2) bothBegun?.();
          return fakeRecording(request, told);
        },
      },
    });
    const outgoing = alice.agent.invite({
      uri: through,
      headers: { From: '"A" <sip:alice@example.com>' },
      body: audio(),
    });
    const dialog = await (await bob.nextCall()).accept({ body: audio('sendrecv', 1, 4002) });
    dialog.onReinvite = (request) => void request.respond(200, { body: audio('recvonly', 2) });
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.ack();
    const hold = await final.dialog.reinvite({ body: audio('sendonly', 2) });
    if (hold.kind === 'accepted') hold.ack();
    // A call that is over before its ports are open is not recorded.
    await begun;
    await final.dialog.bye();
    await house.empty();

    expect(requests).toHaveLength(2);
    const [one, other] = requests as [RecordingRequest, RecordingRequest];
    expect(one.groupId).toBe(other.groupId);
    expect(one.recordingId).not.toBe(other.recordingId);
    expect([one.direction, other.direction]).toEqual(['out', 'in']);
    expect(one.recorded).toMatchObject({ aor: 'sip:alice@example.com', displayName: 'Alice' });
    expect(one.streams.map(({ label, sender }) => [label, sender])).toEqual([
      ['1', one.recorded.participantId],
      ['2', one.others[0]!.participantId],
    ]);
    expect(other.streams.map(({ label }) => label)).toEqual(['2', '1']);
    expect(one.streams[0]!.codecs.map(({ codec }) => codec)).toContain('PCMU');
    expect(told).toContain(
      `update ${one.recordingId} {"streams":[["1",true],["2",false]],"held":1}`,
    );
    expect(house.records[0]!.recordings.map(({ side, recorded }) => [side, recorded])).toEqual([
      ['caller', 'fully'],
      ['callee', 'fully'],
    ]);
  });

  it('ends with one line in the log, in which nobody can be recognised', async () => {
    const { log, lines, events } = captureLog('info');
    const through = (
      await open({ log, users: [{ aor: 'sip:bob@127.0.0.1', mode: 'always' }] })
    ).replace('sip:bob@', 'sip:+15550142@');
    const outgoing = alice.agent.invite({
      uri: through,
      headers: {
        From: '"Alice Liddell" <sip:liddell@example.com>',
        'P-Asserted-Identity': '<tel:+1-555-0199>',
      },
      body: audio(),
    });
    await (await bob.nextCall()).accept({ body: audio() });
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    final.ack();
    await final.dialog.bye();
    await house.empty();
    expect(events('call ended')).toMatchObject([
      { call: house.records[0]!.id, by: 'caller', code: 200, peer: 'local' },
    ]);
    expectNoIdentity(lines, ['+15550142', 'liddell', 'Alice', '15550199']);
  });

  it('leaves no warning in the log when the house closes in order', async () => {
    const captured = captureLog('debug');
    const { caller } = await talk(alice, bob, await open({ log: captured.log }));
    await caller.bye();
    await house.empty();
    await house.close();
    const levels = captured.lines.map((line) => (JSON.parse(line) as { level: number }).level);
    expect(Math.max(...levels)).toBeLessThan(40);
    expect(captured.events('application gone')).toHaveLength(1);
    house = await House.open({ targets: [] });
  });

  it('says in its record that it was not recorded, and why', async () => {
    const through = await open({ users: [{ aor: 'sip:bob@127.0.0.1', mode: 'always' }] });
    const { caller } = await talk(alice, bob, through);
    await caller.bye();
    await house.empty();
    expect(house.records[0]!.recordings).toMatchObject([
      { side: 'callee', recorded: 'not', fault: 'RECORDER_NOT_CONFIGURED' },
    ]);
  });
});

function fakeRecording(request: RecordingRequest, told: string[]) {
  const outcome = {
    recordingId: request.recordingId,
    callId: request.callId,
    target: 'fake',
    recorded: 'fully',
    fault: undefined,
    reason: 'the call is over',
    status: 200,
    recorderCallId: 'r',
    invitedAt: new Date(),
    answeredAt: new Date(),
    endedAt: new Date(),
    parts: [],
    streams: [],
  } as const;
  let stopped: (told: typeof outcome) => void = () => {};
  return {
    recordingId: request.recordingId,
    state: 'active' as const,
    established: Promise.resolve(true),
    outcome: new Promise<typeof outcome>((resolve) => {
      stopped = resolve;
    }),
    update: (change: import('../../../src/siprec').RecordingChange) => {
      const streams = change.streams?.map(({ label, sending }) => [label, sending]);
      told.push(
        `update ${request.recordingId} ${JSON.stringify({ streams, held: change.held?.length })}`,
      );
    },
    keep: () => {},
    pause: async () => {},
    resume: async () => {},
    stop: async () => {
      await Promise.all(request.streams.map(({ fork }) => fork.close()));
      stopped(outcome);
      return outcome;
    },
  };
}
