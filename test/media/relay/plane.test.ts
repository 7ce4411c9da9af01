import { Worker } from 'node:worker_threads';
import type { MediaLine } from '../../../src/media';
import { freeRange } from '../../support/ports';
import { Ear } from '../support/party';
import { BACKENDS, heard, Stage } from '../support/plane';

const BIND = { a: '127.0.0.1', b: '127.0.0.1' };

describe.each(BACKENDS)('the relay plane on the %s backend', (backend) => {
  let stage: Stage;
  afterEach(() => stage.close());

  test('says PORTS_EXHAUSTED when the range is used up, and opens again after a quarantine', async () => {
    stage = await Stage.open(backend, { ports: await freeRange(4), quarantineMs: 50 });
    const line = await stage.plane.open({ callId: 'first', bind: BIND });
    await expect(stage.plane.open({ callId: 'second', bind: BIND })).rejects.toMatchObject({
      code: 'PORTS_EXHAUSTED',
    });
    await line.close();
    await untilOpened(stage);
  });

  test('counts the ports of a closed line that rest', async () => {
    stage = await Stage.open(backend, { ports: await freeRange(4), quarantineMs: 600_000 });
    const line = await stage.plane.open({ callId: 'first', bind: BIND });
    await line.close();
    expect(await stage.plane.usage()).toMatchObject({ portsInUse: 0, portsQuarantined: 4 });
  });

  test('counts nothing of the call that had the same ports before', async () => {
    stage = await Stage.open(backend, { ports: await freeRange(6), quarantineMs: 0 });
    const [caller, callee] = [await stage.party(), await stage.party()];
    for (let call = 0; call < 3; call++) {
      const line = await stage.plane.open({ callId: `call ${call}`, bind: BIND });
      line.expect('b', callee.endpoint);
      const fork = await line.fork('a', { bind: '127.0.0.1' });
      const [before, copied] = [await line.stats(), await fork.stats()];
      expect(before.a).toMatchObject({ packets: 0, octets: 0, lost: 0, lastAtMs: undefined });
      expect(copied).toMatchObject({ packets: 0, octets: 0 });
      fork.start((await stage.party()).endpoint);
      const said = caller.speak(line.local.a);
      expect((await callee.rtp.next()).bytes).toEqual(said);
      expect((await line.close()).a).toMatchObject({ packets: 1, octets: 172 });
    }
  });

  test('passes over ports that somebody else has', async () => {
    const ports = await freeRange(8);
    const squatter = await Ear.open('127.0.0.1', ports.min + 3);
    stage = await Stage.open(backend, { ports, quarantineMs: 60_000 });
    const line = await stage.plane.open({ callId: 'call', bind: BIND });
    const taken = [line.local.a, line.local.b].flatMap((end) => [end.rtpPort, end.rtcpPort]);
    expect(taken).not.toContain(squatter.port);
    squatter.close();
  });

  test('says which address cannot be bound', async () => {
    stage = await Stage.open(backend);
    const bind = { a: '127.0.0.1', b: '192.0.2.1' };
    await expect(stage.plane.open({ callId: 'call', bind })).rejects.toMatchObject({
      code: 'PORTS_EXHAUSTED',
      message: expect.stringContaining('192.0.2.1: EADDRNOTAVAIL'),
    });
  });

  test('keeps a closed line’s ports bound and silent during the quarantine', async () => {
    stage = await Stage.open(backend, { quarantineMs: 60_000 });
    const [caller, callee] = [await stage.party(), await stage.party()];
    const line = await stage.plane.open({ callId: 'call', bind: BIND });
    line.expect('b', callee.endpoint);
    caller.speak(line.local.a);
    await callee.rtp.next();
    await line.close();
    caller.speak(line.local.a);
    await stage.plane.usage();
    expect(callee.rtp.received).toHaveLength(1);
    await expect(Ear.open('127.0.0.1', line.local.a.rtpPort)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  test('reports a silent side once per silence', async () => {
    stage = await Stage.open(backend, { rtpTimeoutMs: 150 });
    const caller = await stage.party();
    const line = await stage.plane.open({ callId: 'call', bind: BIND });
    const silence = await stage.event('rtp-timeout');
    expect(silence).toMatchObject({ callId: 'call', lineId: line.id });
    expect(silence.silentMs).toBeGreaterThanOrEqual(150);
    // Silence of another line as long as that goes by, and nothing is told of this one again.
    await stage.plane.open({ callId: 'later', bind: BIND });
    await until(() => stage.events.some((event) => 'callId' in event && event.callId === 'later'));
    const silent = (): string[] =>
      stage.events.flatMap((event) =>
        event.kind === 'rtp-timeout' && event.lineId === line.id ? event.side : [],
      );
    expect(silent().sort()).toEqual(['a', 'b']);
    stage.events.length = 0;
    caller.speak(line.local.a);
    await until(() => silent().length > 0);
    expect(silent()).toEqual(['a']);
  });

  test('does not report a line that is not watched', async () => {
    stage = await Stage.open(backend, { rtpTimeoutMs: 50 });
    const line = await stage.plane.open({ callId: 'held', bind: BIND, watch: false });
    const watched = await stage.plane.open({ callId: 'watched', bind: BIND });
    await stage.event('rtp-timeout');
    expect(stage.events.every((event) => 'lineId' in event && event.lineId === watched.id)).toBe(
      true,
    );
    line.describe({ watch: true });
    await until(() => stage.events.some((event) => 'callId' in event && event.callId === 'held'));
  });

  test('reports silence on hold by a timeout of its own', async () => {
    stage = await Stage.open(backend, { rtpTimeoutMs: 60_000, rtpHoldTimeoutMs: 100 });
    const talking = await stage.plane.open({ callId: 'talking', bind: BIND });
    const held = await stage.plane.open({ callId: 'held', bind: BIND, watch: false });
    held.describe({ held: true });
    expect(await stage.event('rtp-timeout')).toMatchObject({ callId: 'held', lineId: held.id });
    talking.describe({ watch: false });
    held.describe({ held: false, watch: true });
    await held.stats();
    expect(stage.events.some((event) => 'callId' in event && event.callId === 'talking')).toBe(
      false,
    );
  });

  test('counts what all lines have passed, the closed ones too', async () => {
    stage = await Stage.open(backend);
    const [caller, callee] = [await stage.party(), await stage.party()];
    const line = await stage.plane.open({ callId: 'call', bind: BIND });
    line.expect('b', callee.endpoint);
    caller.speak(line.local.a);
    await heard(line, 'a', 1);
    expect(await stage.plane.usage()).toMatchObject({ lines: 1, packetsRelayed: 1, portsInUse: 4 });
    await line.close();
    expect(await stage.plane.usage()).toMatchObject({
      lines: 0,
      packetsRelayed: 1,
      kernelDrops: 0,
    });
  });

  test('spreads calls over its workers and keeps the lines of a call together', async () => {
    const ports = await freeRange(80);
    stage = await Stage.open(backend, { ports, workers: 2 });
    const lines = [];
    for (const callId of ['one', 'two', 'one', 'two']) {
      lines.push(await stage.plane.open({ callId, bind: BIND }));
    }
    const half = ports.min + 40;
    const low = lines.map((line) => line.local.a.rtpPort < half);
    expect(low[0]).toBe(!low[1]);
    expect(low[2]).toBe(low[0]);
    expect(low[3]).toBe(low[1]);
  });

  test('survives a worker: its calls are reported lost, others go on, new ones are taken', async () => {
    const killed = jest.spyOn(Worker.prototype, 'postMessage');
    const ports = await freeRange(400);
    stage = await Stage.open(backend, { ports, workers: 2 });
    const lost = await stage.plane.open({ callId: 'lost', bind: BIND });
    const doomed = killed.mock.contexts.at(-1) as Worker;
    const spared = await stage.plane.open({ callId: 'spared', bind: BIND });
    killed.mockRestore();
    await doomed.terminate();
    expect(await stage.event('worker-lost')).toEqual({ kind: 'worker-lost', callIds: ['lost'] });

    const [caller, callee] = [await stage.party(), await stage.party()];
    spared.expect('b', callee.endpoint);
    const said = caller.speak(spared.local.a);
    expect((await callee.rtp.next()).bytes).toEqual(said);

    await expect(lost.fork('a', { bind: '127.0.0.1' })).rejects.toMatchObject({
      code: 'MEDIA_WORKER_LOST',
    });
    expect((await lost.stats()).a.packets).toBe(0);
    expect((await lost.close()).a.packets).toBe(0);
    // The next worker gets what is new, with the ports of the dead one.
    await running(stage, 2);
    const next = await stage.plane.open({ callId: 'next', bind: BIND });
    const half = (line: MediaLine) => line.local.a.rtpPort >= ports.min + 200;
    expect([half(next), half(spared)]).toEqual([half(lost), !half(lost)]);
    expect((await stage.plane.usage()).workers).toEqual({ running: 2, lost: 1 });
  });

  test('gives the ports of a worker that died to nobody before their quarantine, and then again', async () => {
    const posted = jest.spyOn(Worker.prototype, 'postMessage');
    stage = await Stage.open(backend, { ports: await freeRange(4), quarantineMs: 600_000 });
    const lost = await stage.plane.open({ callId: 'lost', bind: BIND });
    const doomed = posted.mock.contexts.at(-1) as Worker;
    posted.mockRestore();
    await doomed.terminate();
    await stage.event('worker-lost');
    await running(stage, 1);
    expect(await stage.plane.usage()).toMatchObject({ portsInUse: 0, portsQuarantined: 4 });
    // They are the only ones, and so are given out once they have rested for a second.
    const again = await untilOpened(stage);
    const ports = ({ local }: typeof lost) => [local.a.rtpPort, local.b.rtpPort].sort();
    expect(ports(again)).toEqual(ports(lost));
  });

  test('sends whole what is longer than what was recorded over the same port before', async () => {
    stage = await Stage.open(backend, {
      ports: await freeRange(8),
      quarantineMs: 0,
      batchForks: true,
    });
    const [caller, callee, recorder] = [
      await stage.party(),
      await stage.party(),
      await stage.party(),
    ];
    // Each time the ports of forks and legs are anybody's.
    for (let call = 0; call < 6; call++) {
      const line = await stage.plane.open({ callId: `call-${call}`, bind: BIND });
      line.expect('a', caller.endpoint);
      line.expect('b', callee.endpoint);
      for (const side of ['a', 'b'] as const) {
        (await line.fork(side, { bind: '127.0.0.1' })).start(recorder.endpoint);
      }
      for (const octets of [20, 90, 160, 20, 20, 20, 20, 20, 20, 20]) {
        const payload = Buffer.alloc(octets, call);
        const said = caller.speak(line.local.a, { payload });
        expect((await callee.rtp.next()).bytes).toEqual(said);
        const answered = callee.speak(line.local.b, { payload });
        expect((await caller.rtp.next()).bytes).toEqual(answered);
      }
      await line.close();
    }
  });

  test('has nothing left after close', async () => {
    stage = await Stage.open(backend, { quarantineMs: 60_000 });
    const line = await stage.plane.open({ callId: 'call', bind: BIND });
    await stage.plane.close();
    const reused = await Ear.open('127.0.0.1', line.local.a.rtpPort);
    reused.close();
    await expect(stage.plane.open({ callId: 'late', bind: BIND })).rejects.toMatchObject({
      code: 'MEDIA_WORKER_LOST',
    });
    expect((await line.close()).a.packets).toBe(0);
  });
});

/** Resolves when it has come true; the test's own time limit is the only other end. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function running({ plane }: Stage, workers: number): Promise<void> {
  for (let patience = 3_000; patience > 0; patience--) {
    if ((await plane.usage()).workers?.running === workers) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`there were never ${workers} workers`);
}

async function untilOpened({ plane }: Stage): Promise<MediaLine> {
  for (let patience = 3_000; ; patience--) {
    try {
      return await plane.open({ callId: 'new', bind: BIND });
    } catch (fault) {
      if (patience === 0) throw fault;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
