import { buildRtcp } from '../../../src/media';
import type { Party } from '../support/party';
import { BIND, Stage, until } from './stage';

/** The octets of 20 ms, as a party got them one after the other. */
function heardBy({ rtp }: Party): number[] {
  return rtp.received.map(({ bytes }) => bytes[12]!);
}

function say(
  party: Party,
  to: { rtpPort: number; address: string; rtcpPort: number },
  octet: number,
) {
  party.speak(to, { payload: Buffer.alloc(160, octet) });
}

describe('a line in rtpengine', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  test('carries both ways between the ports it has named, payload and header untouched', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const sent = caller.speak(line.local.a);
    const { bytes, from } = await callee.rtp.next();
    expect(bytes).toEqual(sent);
    expect(from.port).toBe(line.local.b.rtpPort);
    const back = callee.speak(line.local.b);
    const heard = await caller.rtp.next();
    expect(heard.bytes).toEqual(back);
    expect(heard.from.port).toBe(line.local.a.rtpPort);
  });

  test('sends nothing to a party that nobody has named, until it has spoken', async () => {
    stage = await Stage.open();
    const [caller, callee] = [await stage.party(), await stage.party()];
    const line = await stage.plane.open({ callId: 'call', bind: BIND });
    say(caller, line.local.a, 1);
    await until('the caller is counted', async () => (await line.stats()).a.packets === 1);
    say(callee, line.local.b, 101);
    await caller.rtp.next();
    say(caller, line.local.a, 2);
    await callee.rtp.next();
    expect(heardBy(callee)).toEqual([2]);
    expect(heardBy(caller)).toEqual([101]);
  });

  test('follows a party that signalling moves, on the same ports', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const before = { ...line.local };
    say(caller, line.local.a, 1);
    await callee.rtp.next();
    const elsewhere = await stage.party();
    line.expect('b', elsewhere.endpoint);
    await until('the new place hears', async () => {
      say(caller, line.local.a, 2);
      return elsewhere.rtp.received.length > 0;
    });
    const count = callee.rtp.received.length;
    say(caller, line.local.a, 3);
    await until('the last word is heard', () => heardBy(elsewhere).includes(3));
    expect(callee.rtp.received).toHaveLength(count);
    say(elsewhere, line.local.b, 103);
    await until('the way back is open', () => heardBy(caller).includes(103));
    expect(line.local).toEqual(before);
  });

  test('lets a party on hold be heard and hear nothing, and hears it again afterwards', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    say(caller, line.local.a, 1);
    await callee.rtp.next();
    line.expect('b', undefined);
    await until('the hold is known', async () => {
      const heard = callee.rtp.received.length;
      say(caller, line.local.a, 2);
      say(callee, line.local.b, 102);
      await caller.rtp.next();
      return callee.rtp.received.length === heard;
    });
    const heard = callee.rtp.received.length;
    for (const octet of [3, 4, 5]) {
      say(caller, line.local.a, octet);
      say(callee, line.local.b, 100 + octet);
      await caller.rtp.next();
    }
    expect(callee.rtp.received).toHaveLength(heard);
    expect(heardBy(caller).slice(-3)).toEqual([103, 104, 105]);
    line.expect('b', callee.endpoint);
    await until('the call goes on', () => {
      say(caller, line.local.a, 6);
      return callee.rtp.received.length > heard;
    });
  });

  test('refuses a stranger once the party has spoken, and counts it', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const stranger = await stage.party();
    await until('the caller is heard', () => {
      say(caller, line.local.a, 1);
      return callee.rtp.received.length > 0;
    });
    say(stranger, line.local.a, 66);
    say(caller, line.local.a, 2);
    await until('the caller is heard on', () => heardBy(callee).includes(2));
    expect(heardBy(callee)).not.toContain(66);
    expect((await line.stats()).a.strangers).toBe(1);
    say(callee, line.local.b, 101);
    await caller.rtp.next();
    expect(stranger.rtp.received).toHaveLength(0);
  });

  test('carries RTCP beside RTP, and within it where both sides agreed on that', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    const report = buildRtcp([{ kind: 'receiver-report', ssrc: caller.ssrc, reports: [] }]);
    await until('RTCP comes', () => {
      caller.rtcp.send(report, line.local.a.rtcpPort, '127.0.0.1');
      return callee.rtcp.received.length > 0;
    });
    const [one, other] = [await stage.party({ mux: true }), await stage.party({ mux: true })];
    line.expect('a', one.endpoint);
    line.expect('b', other.endpoint);
    await until('RTCP comes on the port of RTP', () => {
      one.rtp.send(report, line.local.a.rtpPort, '127.0.0.1');
      return other.rtp.received.length > 0;
    });
  });

  test('passes what it may not read: DTLS, UDPTL; and speech again after a fax', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    line.describe({ opaque: true, watch: false });
    const datagram = Buffer.from([22, 254, 253, 0, 1, 2, 3]);
    await until('a record of DTLS comes', () => {
      caller.rtp.send(datagram, line.local.a.rtpPort, '127.0.0.1');
      return callee.rtp.received.some(({ bytes }) => bytes.equals(datagram));
    });
    line.describe({ opaque: false });
    await until('speech comes', () => {
      say(callee, line.local.b, 7);
      return heardBy(caller).includes(7);
    });
  });

  test('joins a party of IPv4 and one of IPv6', async () => {
    stage = await Stage.open({}, [{ addresses: ['127.0.0.1', '::1'] }]);
    const [caller, callee] = [await stage.party(), await stage.party({ address: '::1' })];
    const line = await stage.plane.open({ callId: 'call', bind: { a: '127.0.0.1', b: '::1' } });
    expect([line.local.a.address, line.local.b.address]).toEqual(['127.0.0.1', '::1']);
    line.expect('a', caller.endpoint);
    line.expect('b', callee.endpoint);
    await until('the callee hears', () => {
      say(caller, line.local.a, 1);
      return callee.rtp.received.length > 0;
    });
    say(callee, line.local.b, 2);
    expect((await caller.rtp.next()).bytes[12]).toBe(2);
  });

  test('tells what each side has sent, and remembers it when it is closed', async () => {
    stage = await Stage.open();
    const { line, caller, callee } = await stage.call();
    say(caller, line.local.a, 1);
    await callee.rtp.next();
    for (const octet of [1, 2, 3]) {
      say(callee, line.local.b, octet);
      await caller.rtp.next();
    }
    expect(await line.stats()).toMatchObject({
      a: { packets: 1, octets: 172 },
      b: { packets: 3, octets: 516, strangers: 0 },
    });
    expect(await stage.plane.usage()).toMatchObject({ lines: 1, packetsRelayed: 4 });
    const last = await line.close();
    expect(last).toMatchObject({ a: { packets: 1 }, b: { packets: 3 } });
    expect(await line.close()).toEqual(last);
    expect(await line.stats()).toEqual(last);
    expect(await stage.plane.usage()).toMatchObject({
      lines: 0,
      packetsRelayed: 4,
      nodes: [{ up: true, lines: 0 }],
    });
    say(caller, line.local.a, 9);
    say(callee, line.local.b, 9);
    await stage.plane.open({ callId: 'another', bind: BIND });
    expect(callee.rtp.received).toHaveLength(1);
  });

  test('tells once of each side that is silent for the configured time, and not while on hold', async () => {
    stage = await Stage.open({ rtpTimeoutMs: 1_500 });
    const { line } = await stage.call();
    const first = await stage.event('rtp-timeout');
    expect(first).toMatchObject({ callId: 'call', lineId: line.id });
    expect(first.silentMs).toBeGreaterThanOrEqual(1_500);
    await until('both are told of', () => stage.events.length === 2);
    const other = await stage.call('on-hold');
    other.line.describe({ watch: false });
    const third = await stage.call('third');
    await until('the third is told of', () => stage.events.length === 4);
    expect(stage.events.map((event) => 'callId' in event && event.callId)).toEqual([
      'call',
      'call',
      'third',
      'third',
    ]);
    await third.line.close();
  });

  test('says that there is no port when rtpengine has none', async () => {
    stage = await Stage.open({}, [{ more: ['--max-sessions=1'] }]);
    await stage.call();
    await expect(stage.plane.open({ callId: 'second', bind: BIND })).rejects.toMatchObject({
      code: 'PORTS_EXHAUSTED',
      message: expect.stringContaining('session limit'),
    });
  });
});
