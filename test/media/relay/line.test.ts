import { randomBytes, randomInt } from 'node:crypto';
import type { MediaLine } from '../../../src/media';
import { buildRtcp } from '../../../src/media';
import type { Party } from '../support/party';
import { BACKENDS, heard, Stage } from '../support/plane';

const BIND = { a: '127.0.0.1', b: '127.0.0.1' };
const G711 = { 0: 8000, 8: 8000, 101: 8000 };

describe.each(BACKENDS)('a line on the %s backend', (backend) => {
  let stage: Stage;
  let line: MediaLine;
  let caller: Party;
  let callee: Party;

  beforeAll(async () => {
    stage = await Stage.open(backend);
  });
  afterAll(() => stage.close());

  beforeEach(async () => {
    caller = await stage.party({ ssrc: 1 });
    callee = await stage.party({ ssrc: 2 });
    line = await stage.plane.open({ callId: 'call', bind: BIND, clockRates: G711 });
    stage.events.length = 0;
    line.expect('a', caller.endpoint);
    line.expect('b', callee.endpoint);
  });
  afterEach(() => line.close());

  test('has an even port for RTP and the next for RTCP on each side', () => {
    for (const { address, rtpPort, rtcpPort } of [line.local.a, line.local.b]) {
      expect(address).toBe('127.0.0.1');
      expect(rtpPort % 2).toBe(0);
      expect(rtcpPort).toBe(rtpPort + 1);
    }
  });

  test('passes packets both ways, octet for octet', async () => {
    const said = caller.speak(line.local.a, { payloadType: 101, marker: true });
    expect((await callee.rtp.next()).bytes).toEqual(said);
    const answered = callee.speak(line.local.b);
    const heard = await caller.rtp.next();
    expect(heard.bytes).toEqual(answered);
    expect(heard.from.port).toBe(line.local.a.rtpPort);
  });

  test('passes RTCP between the RTCP ports', async () => {
    const report = buildRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [] }]);
    caller.rtcp.send(report, line.local.a.rtcpPort, line.local.a.address);
    const heard = await callee.rtcp.next();
    expect(heard.bytes).toEqual(report);
    expect(heard.from.port).toBe(line.local.b.rtcpPort);
  });

  test('tells RTCP from RTP on one port for a party that multiplexes them', async () => {
    const muxed = await stage.party({ mux: true, ssrc: 3 });
    line.expect('b', muxed.endpoint);
    const report = buildRtcp([{ kind: 'receiver-report', ssrc: 3, reports: [] }]);
    muxed.rtp.send(report, line.local.b.rtpPort, line.local.b.address);
    const heard = await caller.rtcp.next();
    expect(heard.bytes).toEqual(report);
    expect(heard.from.port).toBe(line.local.a.rtcpPort);
    caller.rtcp.send(report, line.local.a.rtcpPort, line.local.a.address);
    expect((await muxed.rtp.next()).from.port).toBe(line.local.b.rtpPort);
  });

  test('sends to where packets really come from once the first has come', async () => {
    const nat = await stage.party({ ssrc: 9 });
    nat.speak(line.local.b);
    await caller.rtp.next();
    caller.speak(line.local.a);
    await nat.rtp.next();
    expect(callee.rtp.received).toHaveLength(0);
    const latched = await stage.event('latched');
    expect(latched).toMatchObject({ callId: 'call', lineId: line.id, side: 'b' });
    expect(latched.from).toMatchObject({ address: '127.0.0.1', rtpPort: nat.rtp.port });
  });

  test('refuses and counts strangers after the first packet', async () => {
    callee.speak(line.local.b);
    await caller.rtp.next();
    const stranger = await stage.party({ ssrc: 666 });
    for (let i = 0; i < 5; i++) stranger.speak(line.local.b);
    const genuine = callee.speak(line.local.b);
    expect((await caller.rtp.next()).bytes).toEqual(genuine);
    caller.speak(line.local.a);
    await callee.rtp.next();
    expect(stranger.rtp.received).toHaveLength(0);
    expect((await line.stats()).b).toMatchObject({ packets: 2, strangers: 5, lost: 0 });
  });

  test('lets the party that signalling named take the place of one that came first', async () => {
    const early = await stage.party({ ssrc: 666 });
    early.speak(line.local.b);
    await caller.rtp.next();
    const genuine = callee.speak(line.local.b);
    expect((await caller.rtp.next()).bytes).toEqual(genuine);
    early.speak(line.local.b);
    caller.speak(line.local.a);
    await callee.rtp.next();
    expect(early.rtp.received).toHaveLength(0);
  });

  test('latches anew when signalling moves the party', async () => {
    callee.speak(line.local.b);
    await caller.rtp.next();
    const moved = await stage.party({ ssrc: 7 });
    line.expect('b', moved.endpoint);
    await line.stats();
    const said = caller.speak(line.local.a);
    expect((await moved.rtp.next()).bytes).toEqual(said);
    const genuine = moved.speak(line.local.b);
    expect((await caller.rtp.next()).bytes).toEqual(genuine);
    callee.speak(line.local.b);
    // What comes after it has come when this is heard.
    const after = moved.speak(line.local.b);
    expect((await caller.rtp.next()).bytes).toEqual(after);
    expect((await line.stats()).b.strangers).toBe(1);
  });

  test('sends nothing to a side of which nothing is expected', async () => {
    line.expect('b', undefined);
    await line.stats();
    caller.speak(line.local.a);
    await heard(line, 'a', 1);
    line.expect('b', callee.endpoint);
    await line.stats();
    const second = caller.speak(line.local.a);
    expect((await callee.rtp.next()).bytes).toEqual(second);
  });

  test('drops and counts what is neither RTP nor RTCP', async () => {
    for (const bytes of [Buffer.from('hello'), Buffer.alloc(0), Buffer.from([0x80, 0, 1])]) {
      caller.rtp.send(bytes, line.local.a.rtpPort, line.local.a.address);
    }
    const genuine = caller.speak(line.local.a);
    expect((await callee.rtp.next()).bytes).toEqual(genuine);
    expect((await line.stats()).a).toMatchObject({ packets: 1, malformed: 3 });
  });

  test('takes no harm from garbage of any length and from any place', async () => {
    const stranger = await stage.party({ ssrc: 666 });
    const [sample, size] = [caller.packet(), 3_000];
    for (let i = 0; i < size; i++) {
      // Random octets, and packets with a few octets changed or cut off.
      const bytes = i % 2 ? randomBytes(i % 1_400) : Buffer.from(sample.subarray(0, i % 173));
      if (bytes.length > 0) bytes[randomInt(bytes.length)] = i & 0xff;
      const from = i % 3 ? caller : stranger;
      const port = i % 5 ? line.local.a.rtpPort : line.local.a.rtcpPort;
      from.rtp.send(bytes, port, line.local.a.address);
      if (i % 50 === 0) await line.stats();
    }
    // More than once: the callee may not have come to read all that passed before it.
    const genuine = new Set<string>();
    const speaking = setInterval(() => {
      genuine.add(caller.speak(line.local.a).toString('hex'));
    }, 20);
    while (!genuine.has((await callee.rtp.next()).bytes.toString('hex')));
    clearInterval(speaking);
  });

  test('passes anything on an opaque line', async () => {
    line.describe({ opaque: true, watch: false });
    await line.stats();
    const udptl = Buffer.from('000106c00180', 'hex');
    caller.rtp.send(udptl, line.local.a.rtpPort, line.local.a.address);
    expect((await callee.rtp.next()).bytes).toEqual(udptl);
    expect((await line.stats()).a).toMatchObject({ packets: 1, malformed: 0, lost: 0 });
  });

  test('counts packets, octets and losses of each side', async () => {
    expect((await line.stats()).a).toMatchObject({ packets: 0, firstAtMs: undefined });
    caller.speak(line.local.a);
    caller.packet();
    caller.packet();
    caller.speak(line.local.a);
    await callee.rtp.next();
    await callee.rtp.next();
    const { a, b } = await line.close();
    expect(a).toMatchObject({ packets: 2, octets: 344, lost: 2 });
    expect(a.lastAtMs).toBeGreaterThanOrEqual(a.firstAtMs!);
    expect(b).toMatchObject({ packets: 0, octets: 0, lost: 0, lastAtMs: undefined });
  });

  test('closes twice with the same figures', async () => {
    caller.speak(line.local.a);
    await callee.rtp.next();
    const once = await line.close();
    expect(once.a.packets).toBe(1);
    expect(await line.close()).toEqual(once);
    expect(await line.stats()).toEqual(once);
  });

  test('joins IPv4 to IPv6', async () => {
    const bind = { a: '127.0.0.1', b: '::1' };
    const mixed = await stage.plane.open({ callId: 'mixed', bind, clockRates: G711 });
    const six = await stage.party({ address: '::1' });
    mixed.expect('a', caller.endpoint);
    mixed.expect('b', six.endpoint);
    const there = caller.speak(mixed.local.a);
    expect((await six.rtp.next()).bytes).toEqual(there);
    const back = six.speak(mixed.local.b);
    expect((await caller.rtp.next()).bytes).toEqual(back);
    await stage.event('latched');
    await mixed.close();
    const six_ = stage.events.find((event) => event.kind === 'latched' && event.side === 'b');
    expect(six_).toMatchObject({ from: { address: '::1' } });
  });

  test('does not talk to itself when a party names its ports', async () => {
    line.expect('a', line.local.b);
    line.expect('b', { ...callee.endpoint, rtcpPort: line.local.a.rtpPort });
    caller.speak(line.local.a);
    await heard(line, 'a', 1);
    caller.speak(line.local.a);
    await heard(line, 'a', 2);
    expect(await line.stats()).toMatchObject({ a: { packets: 2 }, b: { packets: 0 } });
    expect(callee.rtp.received).toHaveLength(0);
  });

  test('stays quiet about an address it cannot send to', async () => {
    line.expect('b', { address: 'media.example.com', rtpPort: 4000, rtcpPort: 4001 });
    line.expect('a', { address: '::1', rtpPort: 4000, rtcpPort: 4001 });
    caller.speak(line.local.a);
    expect((await line.stats()).a.malformed).toBe(0);
  });
});
