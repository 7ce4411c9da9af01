import {
  buildRtcp,
  type Endpoint,
  type Fork,
  fromNtp,
  type MediaLine,
  parseRtcp,
  type RtcpPacket,
} from '../../../src/media';
import { loadKit, newKeys, SrtpReceiver, suiteNamed } from '../../../src/media/srtp';
import { opened } from '../srtp/support';
import type { Party } from '../support/party';
import { BACKENDS, heard, Stage } from '../support/plane';

const BIND = { a: '127.0.0.1', b: '127.0.0.1' };
/** Two threads' ideas of the time, each from two clocks that are read one after the other. */
const CLOCKS_MS = 50;

describe.each(BACKENDS)('a fork on the %s backend', (backend) => {
  let stage: Stage;
  let line: MediaLine;
  let fork: Fork;
  let caller: Party;
  let callee: Party;
  let recorder: Party;

  beforeAll(async () => {
    stage = await Stage.open(backend, { forkBufferMs: 5_000 });
  });
  afterAll(() => stage.close());

  beforeEach(async () => {
    caller = await stage.party({ ssrc: 0xfffffff1 });
    callee = await stage.party({ ssrc: 2 });
    recorder = await stage.party();
    line = await stage.plane.open({ callId: 'call', bind: BIND, clockRates: { 0: 8000 } });
    line.expect('a', caller.endpoint);
    line.expect('b', callee.endpoint);
    fork = await line.fork('a', { bind: '127.0.0.1' });
  });
  afterEach(() => line.close());

  async function report(from: Party = recorder): Promise<RtcpPacket[]> {
    return parseRtcp((await from.rtcp.next()).bytes);
  }

  /** Control's word has reached the worker when it has answered a question asked after it. */
  async function started(remote: Endpoint): Promise<void> {
    fork.start(remote);
    await fork.stats();
  }

  test('gives the recorder every packet since it was opened, then live ones, in order', async () => {
    const said = [caller.speak(line.local.a), caller.speak(line.local.a)];
    await heard(line, 'a', 2);
    await started(recorder.endpoint);
    said.push(caller.speak(line.local.a));
    for (const bytes of said) {
      const got = await recorder.rtp.next();
      expect(got.bytes).toEqual(bytes);
      expect(got.from.port).toBe(fork.local.rtpPort);
    }
    expect(await fork.stats()).toMatchObject({ packets: 3, octets: 516, dropped: 0 });
  });

  test('copies another line of its call once that has taken it over, by the same stream to the recorder', async () => {
    const next = await stage.plane.open({ callId: 'call', bind: BIND, clockRates: { 0: 8000 } });
    const said = [caller.speak(line.local.a)];
    await heard(line, 'a', 1);
    await started(recorder.endpoint);
    next.takeForks(line);
    await next.stats();
    caller.speak(line.local.a);
    await heard(line, 'a', 2);
    said.push(caller.speak(next.local.a));
    await heard(next, 'a', 1);
    await line.close();
    said.push(caller.speak(next.local.a));
    for (const bytes of said) {
      const got = await recorder.rtp.next();
      expect([got.bytes, got.from.port]).toEqual([bytes, fork.local.rtpPort]);
    }
    expect(await fork.close()).toMatchObject({ packets: 3, cut: false });
    await next.close();
  });

  test('tells when it was closed that its line was closed before', async () => {
    await started(recorder.endpoint);
    await line.close();
    expect(await fork.close()).toMatchObject({ cut: true });
  });

  test('copies only what its own side sends', async () => {
    await started(recorder.endpoint);
    callee.speak(line.local.b);
    await caller.rtp.next();
    const said = caller.speak(line.local.a);
    expect((await recorder.rtp.next()).bytes).toEqual(said);
  });

  test('gives a long wait to the recorder in bursts and loses none of it', async () => {
    const said: Buffer[] = [];
    for (let i = 0; i < 240; i++) {
      said.push(caller.speak(line.local.a));
      if (i % 40 === 39) await heard(line, 'a', i + 1);
    }
    await started(recorder.endpoint);
    said.push(caller.speak(line.local.a));
    for (const bytes of said) expect((await recorder.rtp.next()).bytes).toEqual(bytes);
    expect(await fork.stats()).toMatchObject({ packets: 241, dropped: 0 });
  });

  test('reports before the first packet when it arrived here, on the wall clock', async () => {
    const before = Date.now();
    const timestamp = caller.timestamp;
    caller.speak(line.local.a);
    await heard(line, 'a', 1);
    const after = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 2 * CLOCKS_MS));
    await started(recorder.endpoint);
    const [sender, source] = await report();
    expect(sender).toMatchObject({
      kind: 'sender-report',
      ssrc: 0xfffffff1,
      rtpTimestamp: timestamp,
      packets: 0,
    });
    if (sender?.kind !== 'sender-report') throw new Error('no sender report');
    expect(fromNtp(sender.ntp)).toBeGreaterThanOrEqual(before - CLOCKS_MS);
    expect(fromNtp(sender.ntp)).toBeLessThanOrEqual(after + CLOCKS_MS);
    expect(source).toMatchObject({ kind: 'source-description' });
  });

  test('shares one name and one clock with the other forks of its call', async () => {
    const other = await line.fork('b', { bind: '127.0.0.1' });
    const second = await stage.party();
    fork.start(recorder.endpoint);
    other.start(second.endpoint);
    await other.stats();
    caller.speak(line.local.a);
    callee.speak(line.local.b);
    const [one, oneName] = await report(recorder);
    const [two, twoName] = await report(second);
    if (one?.kind !== 'sender-report' || two?.kind !== 'sender-report')
      throw new Error('no report');
    if (oneName?.kind !== 'source-description') throw new Error('no description');
    if (twoName?.kind !== 'source-description') throw new Error('no description');
    expect(oneName.sources[0]!.cname).toMatch(/^[A-Za-z0-9+/]{16}$/);
    expect(twoName.sources[0]!.cname).toBe(oneName.sources[0]!.cname);
    expect(Math.abs(fromNtp(one.ntp) - fromNtp(two.ntp))).toBeLessThan(10_000);
  });

  test('reports again within seconds, and what the recorder reports is to be read', async () => {
    await started(recorder.endpoint);
    caller.speak(line.local.a);
    const [first] = await report();
    const [second] = await report();
    expect(second).toMatchObject({ kind: 'sender-report', packets: 1, octets: 160 });
    if (first?.kind !== 'sender-report' || second?.kind !== 'sender-report') throw new Error();
    recorder.rtcp.send(
      buildRtcp([
        {
          kind: 'receiver-report',
          ssrc: 77,
          reports: [
            {
              ssrc: 0xfffffff1,
              fractionLost: 64,
              lost: 3,
              highestSequence: 1003,
              jitter: 80,
              lastSr: Number((second.ntp >> 16n) & 0xffffffffn),
              delaySinceLastSr: 0,
            },
          ],
        },
      ]),
      fork.local.rtcpPort,
      fork.local.address,
    );
    for (let patience = 1_000; !(await fork.stats()).recorder; patience--) {
      expect(patience).toBeGreaterThan(0);
    }
    const { recorder: said } = await fork.stats();
    expect(said).toMatchObject({ lost: 3, fractionLost: 0.25, jitterMs: 10 });
    expect(said!.roundTripMs).toBeLessThan(30_000);
  });

  test('lets nothing through that arrives after pause has resolved, and nothing of it later', async () => {
    await started(recorder.endpoint);
    const before = caller.speak(line.local.a);
    expect((await recorder.rtp.next()).bytes).toEqual(before);
    await fork.pause();
    for (let i = 0; i < 20; i++) caller.speak(line.local.a);
    await heard(line, 'a', 21);
    fork.resume();
    await fork.stats();
    const after = caller.speak(line.local.a);
    expect((await recorder.rtp.next()).bytes).toEqual(after);
    expect(await fork.stats()).toMatchObject({ packets: 2, dropped: 0 });
    const reports = [await report(), await report()];
    expect(reports.map(([packet]) => packet?.kind)).toEqual(['sender-report', 'sender-report']);
  });

  test('keeps nothing that arrives while paused before it starts', async () => {
    const before = caller.speak(line.local.a);
    await heard(line, 'a', 1);
    await fork.pause();
    caller.speak(line.local.a);
    await heard(line, 'a', 2);
    fork.resume();
    await fork.stats();
    const after = caller.speak(line.local.a);
    await heard(line, 'a', 3);
    await started(recorder.endpoint);
    expect((await recorder.rtp.next()).bytes).toEqual(before);
    expect((await recorder.rtp.next()).bytes).toEqual(after);
  });

  test('takes leave with BYE and gives its figures', async () => {
    await started(recorder.endpoint);
    caller.speak(line.local.a);
    await recorder.rtp.next();
    await report();
    const figures = await fork.close();
    expect(figures).toMatchObject({ packets: 1, octets: 172, sendErrors: 0 });
    const parting = await report();
    expect(parting.map(({ kind }) => kind)).toEqual([
      'receiver-report',
      'source-description',
      'bye',
    ]);
    expect(await fork.close()).toEqual(figures);
    caller.speak(line.local.a);
    await callee.rtp.next();
    await callee.rtp.next();
    expect(recorder.rtp.received).toHaveLength(1);
  });

  test('moves to another recorder and introduces its stream there', async () => {
    await started(recorder.endpoint);
    caller.speak(line.local.a);
    await recorder.rtp.next();
    const second = await stage.party();
    await started(second.endpoint);
    const said = caller.speak(line.local.a);
    expect((await second.rtp.next()).bytes).toEqual(said);
    expect((await report(second))[0]).toMatchObject({ kind: 'sender-report' });
  });

  test('keeps from when its recorder is gone, and gives it to the next one ahead of what is live', async () => {
    await started(recorder.endpoint);
    const first = caller.speak(line.local.a);
    await heard(line, 'a', 1);
    fork.keep();
    await fork.stats();
    const said = Array.from({ length: 120 }, () => caller.speak(line.local.a));
    await heard(line, 'a', 121);
    const second = await stage.party();
    await started(second.endpoint);
    for (let i = 0; i < 10; i++) said.push(caller.speak(line.local.a));
    for (const bytes of said) {
      const got = await second.rtp.next();
      expect([got.bytes, got.from.port]).toEqual([bytes, fork.local.rtpPort]);
    }
    expect((await report(second))[0]).toMatchObject({ kind: 'sender-report', packets: 0 });
    expect(await fork.stats()).toMatchObject({ packets: 131, dropped: 0 });
    expect(recorder.rtp.received.map(({ bytes }) => bytes)).toEqual([first]);
  });

  test('loses nothing when recorder after recorder is gone before it has got all that was kept', async () => {
    const said: Buffer[] = [];
    const recorders = [recorder, await stage.party(), await stage.party(), await stage.party()];
    for (const { endpoint } of recorders) {
      for (let i = 0; i < 60; i++) said.push(caller.speak(line.local.a));
      await heard(line, 'a', said.length);
      fork.start(endpoint);
      fork.keep();
      await fork.stats();
    }
    await started(recorders[0]!.endpoint);
    const got = () => recorders.flatMap(({ rtp }) => rtp.received.map(({ bytes }) => bytes));
    for (let patience = 10_000; got().length < said.length; patience--) {
      expect(patience).toBeGreaterThan(0);
      await fork.stats();
    }
    const sequence = (bytes: Buffer): number => bytes.readUInt16BE(2);
    expect(got().sort((a, b) => sequence(a) - sequence(b))).toEqual(said);
    for (const { rtp } of recorders) {
      const order = rtp.received.map(({ bytes }) => sequence(bytes));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });

  test('keeps nothing that is said while it is paused and has no recorder', async () => {
    await started(recorder.endpoint);
    fork.keep();
    const kept = caller.speak(line.local.a);
    await heard(line, 'a', 1);
    await fork.pause();
    caller.speak(line.local.a);
    await heard(line, 'a', 2);
    await started(recorder.endpoint);
    expect((await recorder.rtp.next()).bytes).toEqual(kept);
    fork.resume();
    await fork.stats();
    const live = caller.speak(line.local.a);
    expect((await recorder.rtp.next()).bytes).toEqual(live);
  });

  test('changes nothing when it is told to keep what it keeps already', async () => {
    const said = [caller.speak(line.local.a)];
    await heard(line, 'a', 1);
    fork.keep();
    said.push(caller.speak(line.local.a));
    await heard(line, 'a', 2);
    await started(recorder.endpoint);
    for (const bytes of said) expect((await recorder.rtp.next()).bytes).toEqual(bytes);
  });

  test('goes from one recorder to another by SRTP, each with keys of its own', async () => {
    const suite = suiteNamed('AES_CM_128_HMAC_SHA1_80')!;
    const recorders = [recorder, await stage.party()];
    const said: Buffer[] = [];
    for (const { endpoint, rtp } of recorders) {
      const keys = newKeys(suite);
      const receiver = new SrtpReceiver(loadKit(), keys);
      for (let i = 0; i < 3; i++) said.push(caller.speak(line.local.a));
      await heard(line, 'a', said.length);
      fork.start(endpoint, { send: keys, receive: newKeys(suite) });
      await fork.stats();
      for (const bytes of said.splice(0)) {
        const { bytes: sealed } = await rtp.next();
        expect(opened(loadKit(), receiver, sealed)).toEqual(bytes);
      }
      fork.keep();
      await fork.stats();
    }
  });

  test('follows a change of SSRC with a report of the new source', async () => {
    await started(recorder.endpoint);
    caller.speak(line.local.a);
    expect((await report())[0]).toMatchObject({ ssrc: 0xfffffff1 });
    caller.speak(line.local.a, { ssrc: 5, timestamp: 9 });
    expect((await report())[0]).toMatchObject({ ssrc: 5, rtpTimestamp: 9, packets: 0 });
  });

  test('multiplexes its RTCP when the recorder does', async () => {
    const muxed = await stage.party({ mux: true });
    await started(muxed.endpoint);
    caller.speak(line.local.a);
    const first = await muxed.rtp.next();
    expect(parseRtcp(first.bytes)[0]).toMatchObject({ kind: 'sender-report' });
    expect(first.from.port).toBe(fork.local.rtpPort);
  });

  test('leaves the call alone when the recorder cannot be reached', async () => {
    await started({ address: '::1', rtpPort: 4000, rtcpPort: 4001 });
    const said = caller.speak(line.local.a);
    expect((await callee.rtp.next()).bytes).toEqual(said);
    expect(await fork.stats()).toMatchObject({ packets: 0 });
  });

  test('ends with its line', async () => {
    await started(recorder.endpoint);
    caller.speak(line.local.a);
    await report();
    await line.close();
    expect((await report()).at(-1)).toEqual({ kind: 'bye', ssrcs: [0xfffffff1] });
    expect(await stage.plane.usage()).toMatchObject({ lines: 0, forks: 0, portsInUse: 0 });
  });

  test('is refused on a closed line', async () => {
    await line.close();
    await expect(line.fork('a', { bind: '127.0.0.1' })).rejects.toMatchObject({
      code: 'NOTHING_RECORDABLE',
    });
  });
});

describe.each(BACKENDS)('a fork that batches on the %s backend', (backend) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open(backend, { batchForks: true });
  });
  afterAll(() => stage.close());

  test('gives the recorder the same packets in the same order, and waits with none at its end', async () => {
    const [caller, recorder] = [await stage.party(), await stage.party()];
    const line = await stage.plane.open({ callId: 'call', bind: BIND });
    const fork = await line.fork('a', { bind: '127.0.0.1' });
    const said = [caller.speak(line.local.a)];
    await heard(line, 'a', 1);
    fork.start(recorder.endpoint);
    await fork.stats();
    for (let i = 0; i < 6; i++) said.push(caller.speak(line.local.a));
    said.push(caller.speak(line.local.a, { payload: Buffer.alloc(1) }));
    said.push(caller.speak(line.local.a));
    await heard(line, 'a', said.length);
    const figures = await fork.close();
    for (const bytes of said) expect((await recorder.rtp.next()).bytes).toEqual(bytes);
    expect(figures).toMatchObject({ packets: said.length, sendErrors: 0 });
  });

  test('gives the old recorder what waits for it, and the next one all the rest', async () => {
    const [caller, recorder] = [await stage.party(), await stage.party()];
    const next = await stage.party();
    const line = await stage.plane.open({ callId: 'changed', bind: BIND });
    const fork = await line.fork('a', { bind: '127.0.0.1' });
    fork.start(recorder.endpoint);
    await fork.stats();
    const first = Array.from({ length: 8 }, () => caller.speak(line.local.a));
    await heard(line, 'a', 8);
    fork.keep();
    await fork.stats();
    const rest = Array.from({ length: 8 }, () => caller.speak(line.local.a));
    await heard(line, 'a', 16);
    fork.start(next.endpoint);
    await fork.stats();
    rest.push(caller.speak(line.local.a));
    for (const bytes of rest) expect((await next.rtp.next()).bytes).toEqual(bytes);
    for (const bytes of first) expect((await recorder.rtp.next()).bytes).toEqual(bytes);
    expect(recorder.rtp.received).toHaveLength(8);
    await line.close();
  });

  test('lets everything out before a pause', async () => {
    const [caller, recorder] = [await stage.party(), await stage.party()];
    const line = await stage.plane.open({ callId: 'paused', bind: BIND });
    const fork = await line.fork('a', { bind: '127.0.0.1' });
    fork.start(recorder.endpoint);
    await fork.stats();
    const said = [caller.speak(line.local.a), caller.speak(line.local.a)];
    await heard(line, 'a', 2);
    await fork.pause();
    for (const bytes of said) expect((await recorder.rtp.next()).bytes).toEqual(bytes);
  });
});

describe.each(BACKENDS)('a fork with a short memory on the %s backend', (backend) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open(backend, { forkBufferMs: 50 });
  });
  afterAll(() => stage.close());

  test('keeps the newest packets and counts the oldest as dropped', async () => {
    const caller = await stage.party();
    const recorder = await stage.party();
    const line = await stage.plane.open({ callId: 'call', bind: BIND });
    const fork = await line.fork('a', { bind: '127.0.0.1' });
    caller.speak(line.local.a);
    await heard(line, 'a', 1);
    await new Promise((resolve) => setTimeout(resolve, 80));
    const kept = caller.speak(line.local.a);
    await heard(line, 'a', 2);
    fork.start(recorder.endpoint);
    expect((await recorder.rtp.next()).bytes).toEqual(kept);
    expect(await fork.stats()).toMatchObject({ packets: 1, dropped: 1 });
  });
});
