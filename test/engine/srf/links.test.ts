import { connect } from 'node:net';
import Srf from 'drachtio-srf';
import { createLog, silentLog } from '../../../src/core';
import { Engine } from '../../../src/engine';
import { frame } from '../../../src/engine/wire/frame';
import { captureLog } from '../../support/captured-log';
import { deferred, type Loose, type Node, next, SECRET, sdp, startNode, until } from './support';

const take = (node: Node) => {
  const taken = deferred();
  node.srf.on('test:invite', async (req: Loose, res: Loose) => {
    taken.resolve(await node.srf.createUAS(req, res, { localSdp: sdp('callee') }));
  });
  return taken.promise;
};

const invites = (srf: Loose) => {
  srf.invite((req: Loose, res: Loose) => srf.emit('test:invite', req, res));
};

describe('the link of an application', () => {
  test('that is cut ends its calls with BYE, and the application is let in again', async () => {
    const [caller, callee] = await Promise.all([
      startNode('in process', {}, invites),
      startNode('over TCP', {}, invites),
    ]);
    const taken = take(callee);
    const uac = await caller.srf.createUAC(callee.uri('bob'), { localSdp: sdp('caller') });
    await taken;
    const ended = next(uac, 'destroy');
    const [socket] = callee.srf.app.client.mapServer.keys();
    socket.destroy();
    const [bye] = await ended;
    expect(bye.get('Reason')).toContain('Application lost');
    // drachtio-srf reconnects by itself, and asks for its verbs again: until then nobody takes a call.
    await until(() => callee.engine.stats().applications === 1);
    for (let refused = true; refused; ) {
      try {
        const again = await caller.srf.createUAC(callee.uri('bob'), { localSdp: sdp('caller') });
        refused = false;
        await again.destroy();
      } catch (error) {
        expect(error).toMatchObject({ status: 405 });
      }
    }
    await Promise.all([caller.stop(), callee.stop()]);
  });

  test('in process that drachtio-srf closes can be opened again', async () => {
    const engine = await Engine.start({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      secret: SECRET,
      log: silentLog,
    });
    const srf: Loose = new (Srf as Loose)();
    const link = engine.inProcess();
    srf.listen({ server: link.server, secret: link.secret });
    link.open();
    await next(srf, 'connect');
    const [socket] = srf.app.client.mapServer.keys();
    srf.app.client.disconnect(socket);
    await until(() => engine.stats().applications === 0);
    link.open();
    await next(srf, 'connect');
    link.open();
    expect(engine.stats().applications).toBe(1);
    await engine.stop(0);
    expect(engine.stats().applications).toBe(0);
  });

  test('with the wrong secret is refused', async () => {
    const engine = await Engine.start({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      secret: SECRET,
      log: silentLog,
    });
    const link = engine.inProcess();
    const srf: Loose = new (Srf as Loose)();
    srf.listen({ server: link.server, secret: 'guess' });
    link.open();
    const [error] = await next(srf, 'connect');
    expect(error).toBeInstanceOf(Error);
    expect(engine.stats().applications).toBe(0);
    await engine.stop(0);
  });
});

describe('the admin port', () => {
  async function open() {
    const engine = await Engine.start({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      secret: SECRET,
      log: silentLog,
    });
    const admin = await engine.listenAdmin({ host: '127.0.0.1', port: 0 });
    const socket = connect(admin.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    await next(socket, 'connect');
    return { engine, socket, text: () => text };
  }

  test('takes frames far beyond what drachtio-server takes, pipelined and byte by byte', async () => {
    const { engine, socket, text } = await open();
    const big = (id: string) =>
      frame(`${id}|sip|nobody|\r\nSIP/2.0 200 OK\r\n\r\n${'x'.repeat(200_000)}`);
    socket.write(Buffer.concat([frame(`a|authenticate|${SECRET}|`), big('b'), big('c')]));
    for (const byte of frame('d|ping')) socket.write(Buffer.from([byte]));
    await until(() => text().includes('|d|OK|pong'));
    expect(text().match(/NOK\|Response not sent due to unknown transaction/g)).toHaveLength(2);
    socket.destroy();
    await engine.stop(0);
  });

  test('closes on what is no frame, and on frames too large, with a word why', async () => {
    for (const [bytes, why] of [
      ['GET / HTTP/1.1\r\n\r\n', 'frame length is not a number'],
      ['99999999#', 'frame of more than 4096 bytes'],
    ]) {
      const { engine, socket, text } = await open();
      const closed = next(socket, 'close');
      socket.write(bytes!);
      await closed;
      expect(text()).toContain(`NO|${why}`);
      await engine.stop(0);
    }
    const { engine, socket, text } = await open();
    const closed = next(socket, 'close');
    socket.write(frame(`a|authenticate|${SECRET}|`));
    socket.write('2000000#');
    await closed;
    expect(text()).toContain('NO|frame of more than 1048576 bytes');
    await engine.stop(0);
  });

  test('lets nobody in who asks before saying who it is', async () => {
    const { engine, socket, text } = await open();
    const closed = next(socket, 'close');
    socket.write(frame('a|route|invite'));
    await closed;
    expect(text()).toContain('NO|not authenticated');
    await engine.stop(0);
  });

  test('closed by us leaves no warning, though a call is going on', async () => {
    const captured = captureLog('info');
    const engine = await Engine.start({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      secret: SECRET,
      log: captured.log,
    });
    const admin = await engine.listenAdmin({ host: '127.0.0.1', port: 0 });
    const socket = connect({ host: '127.0.0.1', port: admin.port });
    socket.write(frame(`a|authenticate|${SECRET}|`));
    await until(() => engine.stats().applications === 1);
    socket.write(frame('b|sip|||\r\nINVITE sip:nobody@127.0.0.1:9 SIP/2.0\r\n\r\n'));
    await until(() => engine.stats().dialogs === 1);
    await admin.close();
    await until(() => engine.stats().applications === 0);
    expect(captured.events('application gone')).toMatchObject([{ level: 30 }]);
    expect(captured.events('application lost')).toEqual([]);
    socket.destroy();
    await engine.stop(0);
  });

  test('that cannot be had is an error', async () => {
    const { engine, socket } = await open();
    const admin = await engine.listenAdmin({ host: '127.0.0.1', port: 0 });
    await expect(engine.listenAdmin({ host: '127.0.0.1', port: admin.port })).rejects.toThrow();
    await admin.close();
    socket.destroy();
    await engine.stop(0);
  });
});

describe('an engine', () => {
  test('carries a call over TCP, with Contacts that say so', async () => {
    const [caller, callee] = await Promise.all([
      startNode('in process', {}, invites),
      startNode('in process', {}, invites),
    ]);
    const taken = take(callee);
    const large = `${sdp('caller')}a=x:${'y'.repeat(20_000)}\r\n`;
    const uac = await caller.srf.createUAC(callee.uri('bob', 'tcp'), { localSdp: large });
    const uas = await taken;
    expect(uas.req.protocol).toBe('tcp');
    expect(uas.remote.sdp).toBe(large);
    expect(uac.local.contact).toContain('transport=tcp');
    expect(uac.remote.uri).toContain('transport=tcp');
    await uas.destroy();
    await Promise.all([caller.stop(), callee.stop()]);
  });

  test('refreshes a session while its application sees nothing of it', async () => {
    const timers = { minSe: 1 };
    const [caller, callee] = await Promise.all([
      startNode('in process', { timers }, invites),
      startNode('in process', { timers }, invites),
    ]);
    const taken = take(callee);
    const uac = await caller.srf.createUAC(callee.uri('bob'), {
      localSdp: sdp('caller'),
      headers: { 'Session-Expires': '4;refresher=uac' },
    });
    const uas = await taken;
    expect(uac.res.get('Session-Expires')).toBe('4;refresher=uac');
    let seen = 0;
    uac.on('modify', () => {
      seen += 1;
    });
    const [refresh] = await next(uas, 'modify');
    expect(refresh.body).toBe(sdp('caller'));
    expect(seen).toBe(0);
    await uac.destroy();
    await Promise.all([caller.stop(), callee.stop()]);
  });

  test('ends a session that is not refreshed, and tells its application', async () => {
    const [caller, callee] = await Promise.all([
      startNode('in process', {}, invites),
      startNode('in process', { timers: { minSe: 1 } }, invites),
    ]);
    const taken = take(callee);
    // The caller's engine takes 90 s for the least there is and lets the callee's 1 s pass.
    await caller.srf.createUAC(callee.uri('bob'), {
      localSdp: sdp('caller'),
      headers: { 'Session-Expires': '1;refresher=uac' },
    });
    const [, reason] = await next(await taken, 'destroy');
    expect(reason).toBe('Session timer expired');
    await Promise.all([caller.stop(), callee.stop()]);
  });

  test('answers a caller whose application says nothing', async () => {
    const [caller, callee] = await Promise.all([
      startNode('in process', {}, invites),
      startNode('in process', { applicationTimeoutMs: 50 }, invites),
    ]);
    const call = caller.srf.createUAC(callee.uri('bob'), { localSdp: sdp('caller') });
    await expect(call).rejects.toMatchObject({ status: 504 });
    await Promise.all([caller.stop(), callee.stop()]);
  });

  test('ends its calls when it stops', async () => {
    const [caller, callee] = await Promise.all([
      startNode('in process', {}, invites),
      startNode('in process', {}, invites),
    ]);
    const taken = take(callee);
    await caller.srf.createUAC(callee.uri('bob'), { localSdp: sdp('caller') });
    const uas = await taken;
    await next(uas, 'ack');
    const ended = next(uas, 'destroy');
    await caller.engine.stop(1_000);
    await ended;
    expect(caller.engine.stats().dialogs).toBe(0);
    await callee.stop();
  });

  test('describes every machine that lives, with its next deadline and the reason', async () => {
    const callee = await startNode('in process', {}, invites);
    const caller = await startNode('in process', {}, invites);
    await Promise.all([
      take(callee),
      caller.srf.createUAC(callee.uri('bob'), { localSdp: sdp('caller') }),
    ]);
    expect(callee.engine.describe()).toMatchObject({
      transactions: [{ kind: 'server', method: 'INVITE', state: 'accepted', reason: 'L' }],
      dialogs: [{ role: 'uas', state: 'confirmed' }],
    });
    await Promise.all([caller.stop(), callee.stop()]);
  });

  test('goes on when what an application asks makes it throw', async () => {
    const lines: string[] = [];
    const known = () => {
      throw new Error('a bug');
    };
    const node = await startNode('in process', {
      resolver: { known, resolve: known } as never,
      log: createLog('error', { write: (line) => lines.push(line) }),
    });
    void node.srf.request('sip:x@example.invalid', { method: 'OPTIONS' });
    await until(() => node.engine.stats().contained === 1);
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({
      msg: 'engine threw',
      err: { message: 'a bug' },
    });
    await node.stop();
  });
});

test('an engine on IPv6 carries a call', async () => {
  const listen = [{ protocol: 'udp' as const, address: '::1', port: 0 }];
  const [caller, callee] = await Promise.all([
    startNode('in process', { listen }, invites),
    startNode('in process', { listen }, invites),
  ]);
  const taken = take(callee);
  const port = callee.engine.addresses[0]?.port;
  const uac = await caller.srf.createUAC(`sip:bob@[::1]:${port}`, {
    localSdp: sdp('caller'),
    callingNumber: '1',
  });
  const uas = await taken;
  expect(uas.req.source_address).toBe('[::1]');
  expect(uas.req.receivedOn).toBe(`[::1]:${port}`);
  expect(uac.remote.uri).toBe(`sip:[::1]:${port}`);
  await uas.destroy();
  await Promise.all([caller.stop(), callee.stop()]);
});
