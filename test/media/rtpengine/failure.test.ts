import { BIND, Stage, until } from './stage';

describe('when an rtpengine fails', () => {
  let stage: Stage;
  afterEach(async () => {
    for (const daemon of stage.daemons) daemon.goOn();
    await stage.close();
  });

  test('new calls go to the next, those it carried are given up, the others are untouched', async () => {
    stage = await Stage.open({ lostAfterMs: 500 }, [{}, {}]);
    const [first, second] = [await stage.call('first'), await stage.call('second')];
    await stage.daemons[0]!.kill();
    const third = await stage.call('third');
    third.caller.speak(third.line.local.a);
    await third.callee.rtp.next();
    expect(await stage.event('worker-lost')).toEqual({ kind: 'worker-lost', callIds: ['first'] });
    second.caller.speak(second.line.local.a);
    await second.callee.rtp.next();
    expect(await first.line.close()).toMatchObject({ a: { packets: 0 } });
    expect(await stage.plane.usage()).toMatchObject({
      lines: 2,
      nodes: [
        { up: false, lines: 0 },
        { up: true, lines: 2 },
      ],
    });
  });

  test('one that stands still for a while keeps its calls, and ends those that ended meanwhile', async () => {
    stage = await Stage.open({ timeoutMs: 1_000 });
    const [kept, ended] = [await stage.call('kept'), await stage.call('ended')];
    stage.daemons[0]!.stall();
    await until('it is missed', () => !stage.plane.available);
    await expect(stage.plane.open({ callId: 'new', bind: BIND })).rejects.toMatchObject({
      code: 'MEDIA_NODES_DOWN',
    });
    await ended.line.close();
    const moved = await stage.party();
    kept.line.expect('b', moved.endpoint);
    stage.daemons[0]!.goOn();
    await until('the kept call goes on, as it was said meanwhile', () => {
      kept.caller.speak(kept.line.local.a);
      return moved.rtp.received.length > 0;
    });
    const heard = ended.callee.rtp.received.length;
    await until('the ended call is silent', async () => {
      const before = ended.callee.rtp.received.length;
      ended.caller.speak(ended.line.local.a);
      kept.caller.speak(kept.line.local.a);
      await kept.line.stats();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return ended.callee.rtp.received.length === before;
    });
    expect(ended.callee.rtp.received.length).toBeLessThan(heard + 20);
    expect(stage.events).toEqual([]);
  });

  test('one that is started anew between two pings has its calls given up when it is next asked of them', async () => {
    stage = await Stage.open({ rtpTimeoutMs: 4_000, pingMs: 60_000 });
    await stage.call('one');
    await stage.daemons[0]!.restart();
    expect(await stage.event('worker-lost')).toEqual({ kind: 'worker-lost', callIds: ['one'] });
    const { line, caller, callee } = await stage.call('two');
    caller.speak(line.local.a);
    await callee.rtp.next();
  });
});
