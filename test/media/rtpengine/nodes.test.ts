import { randomIds, silentLog } from '../../../src/core';
import {
  createRtpenginePlane,
  type MediaLine,
  type PlaneEvent,
  type RtpengineOptions,
  type RtpenginePlane,
} from '../../../src/media';
import { VirtualClock } from '../../support/virtual-clock';
import { ScriptedNode } from './scripted-node';

const BIND = { a: '127.0.0.1', b: '127.0.0.1' };

/** Lets everything happen that does not wait for time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

describe('rtpengine nodes', () => {
  let clock: VirtualClock;
  let nodes: ScriptedNode[];
  let plane: RtpenginePlane;
  let events: PlaneEvent[];

  async function open(
    count: number,
    { weights = [], ...options }: Partial<RtpengineOptions> & { weights?: number[] } = {},
    moods: ScriptedNode['mood'][] = [],
  ): Promise<void> {
    clock = new VirtualClock();
    nodes = Array.from({ length: count }, (_, i) => new ScriptedNode(`node${i}`));
    moods.forEach((mood, i) => {
      nodes[i]!.mood = mood;
    });
    events = [];
    const opening = createRtpenginePlane({
      nodes: nodes.map(({ name }, i) => ({ host: name, port: 2223, weight: weights[i] ?? 1 })),
      timeoutMs: 2_000,
      pingMs: 1_000,
      lostAfterMs: 10_000,
      rtpTimeoutMs: Number.POSITIVE_INFINITY,
      tonesReplaceSpeech: false,
      clock,
      ids: randomIds,
      log: silentLog,
      socket: ({ host }) => nodes.find(({ name }) => name === host)!,
      ...options,
    });
    await settled();
    clock.advance(2_000);
    plane = await opening;
    plane.onEvent((event) => events.push(event));
  }

  /** Moves time on in steps, so that what is answered has its effect in between. */
  async function pass(ms: number): Promise<void> {
    for (let step = 0; step < ms; step += 100) {
      clock.advance(100);
      await settled();
    }
  }

  function call(callId: string): Promise<MediaLine> {
    return plane.open({ callId, bind: BIND });
  }

  function offersTo(node: ScriptedNode): number {
    return node.commands('offer').length;
  }

  test('get calls by what they carry already', async () => {
    await open(3);
    for (let i = 0; i < 9; i++) await call(`call${i}`);
    expect(nodes.map(offersTo)).toEqual([3, 3, 3]);
    await plane.close();
    expect((await plane.usage()).nodes!.map(({ lines }) => lines)).toEqual([0, 0, 0]);
  });

  test('get calls that come at the same time by what they are about to carry', async () => {
    await open(2);
    await Promise.all(Array.from({ length: 10 }, (_, i) => call(`call${i}`)));
    expect(nodes.map(offersTo)).toEqual([5, 5]);
  });

  test('get calls in proportion to their weights', async () => {
    await open(2, { weights: [1, 3] });
    for (let i = 0; i < 40; i++) await call(`call${i}`);
    expect(nodes.map(offersTo)).toEqual([10, 30]);
  });

  test('carry all lines of a call together', async () => {
    await open(2);
    await call('one');
    await call('two');
    await call('one');
    await call('one');
    expect(nodes.map(offersTo)).toEqual([3, 1]);
  });

  test('that are full leave a call to others, and when all are, it is refused', async () => {
    await open(2);
    const full = (command: { command: string }) =>
      command.command === 'offer' ? { result: 'load limit', message: 'enough' } : undefined;
    nodes[0]!.reply = full;
    await call('one');
    expect(nodes.map(offersTo)).toEqual([1, 1]);
    nodes[1]!.reply = full;
    await expect(call('two')).rejects.toMatchObject({
      code: 'PORTS_EXHAUSTED',
      message: expect.stringContaining('enough'),
    });
    expect((await plane.usage()).nodes!.map(({ lines }) => lines)).toEqual([0, 1]);
  });

  test('that do not answer at the start are no hindrance, and carry calls once they do', async () => {
    await open(2, {}, ['silent']);
    await call('one');
    expect(nodes.map(offersTo)).toEqual([0, 1]);
    nodes[0]!.mood = 'well';
    await pass(1_500);
    await call('two');
    expect(nodes.map(offersTo)).toEqual([1, 1]);
    expect(plane.available).toBe(true);
  });

  test('that all are away have calls refused at once', async () => {
    await open(1, {}, ['silent']);
    expect(plane.available).toBe(false);
    await expect(call('one')).rejects.toMatchObject({ code: 'MEDIA_NODES_DOWN' });
    expect(nodes[0]!.heard).toEqual([]);
  });

  test('that fall silent under a call leave it to the next', async () => {
    await open(2);
    nodes[0]!.mood = 'silent';
    const opening = call('one');
    await pass(2_000);
    await opening;
    expect(offersTo(nodes[1]!)).toBe(1);
    // What may have been begun there is undone when it is back.
    nodes[0]!.mood = 'well';
    await pass(1_500);
    expect(nodes[0]!.commands('delete')).toHaveLength(1);
  });

  test('where nobody listens any more are known at once', async () => {
    await open(2);
    nodes[0]!.mood = 'refused';
    await call('one');
    expect(offersTo(nodes[1]!)).toBe(1);
  });

  test('answer twice without harm', async () => {
    await open(1);
    nodes[0]!.mood = 'doubles';
    const line = await call('one');
    line.expect('a', { address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001 });
    await settled();
    expect(offersTo(nodes[0]!)).toBe(2);
    await line.close();
  });

  test('have their calls given up when they have been away too long, and not before', async () => {
    await open(2);
    await call('one');
    await call('two');
    await call('three');
    nodes[0]!.mood = 'silent';
    await pass(3_500);
    expect(await plane.usage()).toMatchObject({ lines: 3, nodes: [{ up: false }, { up: true }] });
    expect(events).toEqual([]);
    await pass(10_000);
    expect(events).toEqual([{ kind: 'worker-lost', callIds: ['one', 'three'] }]);
    expect(await plane.usage()).toMatchObject({ lines: 1, nodes: [{ lines: 0 }, { lines: 1 }] });
    // Back after all: what it carries still is ended.
    nodes[0]!.mood = 'well';
    await pass(3_000);
    expect(nodes[0]!.commands('delete')).toHaveLength(2);
    expect(events).toHaveLength(1);
  });

  test('keep their calls through a short absence, and do then what was said meanwhile', async () => {
    await open(1);
    const line = await call('one');
    nodes[0]!.mood = 'silent';
    line.expect('a', { address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001 });
    await pass(4_000);
    nodes[0]!.mood = 'well';
    await pass(1_500);
    expect(events).toEqual([]);
    expect(String(nodes[0]!.commands('offer').at(-1)!.sdp)).toContain('m=audio 4000 ');
    expect(nodes[0]!.commands('answer')).toHaveLength(2);
  });

  test('that were started anew have lost their calls, and say so', async () => {
    await open(1);
    await call('one');
    const second = await call('two');
    nodes[0]!.mood = 'refused';
    await pass(1_500);
    nodes[0]!.forget();
    nodes[0]!.mood = 'well';
    await pass(1_500);
    expect(events).toEqual([
      { kind: 'worker-lost', callIds: ['one'] },
      { kind: 'worker-lost', callIds: ['two'] },
    ]);
    expect(await second.close()).toMatchObject({ a: { packets: 0 } });
    expect((await plane.usage()).lines).toBe(0);
  });

  test('that were started anew unnoticed are found out by the ports they name', async () => {
    await open(1);
    await call('zero');
    const line = await call('one');
    nodes[0]!.forget();
    line.expect('a', { address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001 });
    await settled();
    expect(events).toEqual([{ kind: 'worker-lost', callIds: ['one'] }]);
    expect(nodes[0]!.commands('delete')).toHaveLength(1);
  });

  test('are asked for what is wanted last, however often it was said before', async () => {
    await open(1);
    const line = await call('one');
    for (let port = 4000; port < 4100; port += 2) {
      line.expect('a', { address: '192.0.2.1', rtpPort: port, rtcpPort: port + 1 });
    }
    await settled();
    expect(offersTo(nodes[0]!)).toBe(2);
    expect(String(nodes[0]!.commands('offer').at(-1)!.sdp)).toContain('m=audio 4098 ');
  });

  test('leave no timer behind when the plane is closed', async () => {
    await open(2);
    await call('one');
    await plane.close();
    expect(clock.pending).toBe(0);
  });
});
