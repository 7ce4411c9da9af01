import { createHash } from 'node:crypto';
import { deferred, type Loose, type Node, next, sdp, startNode, until, type Via } from './support';

describe.each<Via>(['in process', 'over TCP'])('drachtio-srf %s', (via) => {
  let caller: Node;
  let callee: Node;

  beforeEach(async () => {
    const verbs = (srf: Loose) => {
      for (const verb of ['invite', 'options', 'message', 'register', 'subscribe']) {
        srf[verb]((req: Loose, res: Loose) => srf.emit(`test:${verb}`, req, res));
      }
    };
    [caller, callee] = await Promise.all([startNode(via, {}, verbs), startNode(via, {}, verbs)]);
  });

  afterEach(() => Promise.all([caller.stop(), callee.stop()]));

  /** The callee takes what comes. */
  function take(options: Loose = {}): Promise<Loose> {
    const taken = deferred();
    callee.srf.on('test:invite', async (req: Loose, res: Loose) => {
      taken.resolve(await callee.srf.createUAS(req, res, { localSdp: sdp('callee'), ...options }));
    });
    return taken.promise;
  }

  const place = (options: Loose = {}, callbacks: Loose = {}) =>
    caller.srf.createUAC(callee.uri('bob'), { localSdp: sdp('caller'), ...options }, callbacks);

  const quiet = () =>
    until(() => [caller, callee].every(({ engine }) => engine.stats().dialogs === 0));

  test('a call is placed, taken and ended by the caller', async () => {
    const taken = take();
    const uac = await place({ callingNumber: '1234', headers: { 'X-Test': 'ünï' } });
    const uas = await taken;
    expect(uac.remote.sdp).toBe(sdp('callee'));
    expect(uas.remote.sdp).toBe(sdp('caller'));
    expect(uas.req.callingNumber).toBe('1234');
    expect(uas.req.get('X-Test')).toBe('ünï');
    expect(uas.req.receivedOn).toBe(callee.uri('x').slice('sip:x@'.length));
    expect(uac.id).toBe(uas.id);
    const ended = next(uas, 'destroy');
    await uac.destroy();
    await ended;
    await quiet();
  });

  test('a call is ended by the callee', async () => {
    const taken = take();
    const uac = await place();
    const ended = next(uac, 'destroy');
    await (await taken).destroy({ headers: { 'X-Why': 'because' } });
    const [bye] = await ended;
    expect(bye.get('X-Why')).toBe('because');
    await quiet();
  });

  test('provisional responses and a refusal reach the caller', async () => {
    callee.srf.on('test:invite', (_: Loose, res: Loose) => {
      res.send(180);
      res.send(486, 'Busy Bee', { headers: { 'X-Why': 'busy' } });
    });
    const seen: number[] = [];
    const error = await place({}, { cbProvisional: (res: Loose) => seen.push(res.status) }).catch(
      (reason: Loose) => reason,
    );
    expect(seen).toEqual([180]);
    expect(error).toMatchObject({ status: 486, reason: 'Busy Bee' });
    expect(error.res.get('X-Why')).toBe('busy');
  });

  test('a cancelled call tells the callee and ends with 487', async () => {
    const cancelled = deferred();
    callee.srf.on('test:invite', (req: Loose, res: Loose) => {
      req.on('cancel', (cancel: Loose) => cancelled.resolve(cancel));
      res.send(180);
    });
    let sent: Loose;
    const call = place(
      {},
      {
        cbRequest: (_: Loose, req: Loose) => {
          sent = req;
        },
        cbProvisional: () => sent.cancel({ headers: { Reason: 'SIP;cause=200;text="x"' } }),
      },
    );
    await expect(call).rejects.toMatchObject({ status: 487 });
    expect((await cancelled.promise).get('Reason')).toBe('SIP;cause=200;text="x"');
    await quiet();
  });

  test('reliable provisional responses are acknowledged by PRACK before the 200', async () => {
    const order: string[] = [];
    callee.srf.on('test:invite', (req: Loose, res: Loose) => {
      res.send(
        183,
        { headers: { Require: '100rel' }, body: sdp('callee') },
        () => {
          order.push('183');
          callee.srf.createUAS(req, res, { localSdp: sdp('callee') });
        },
        () => order.push('PRACK'),
      );
    });
    const provisional: Loose[] = [];
    const uac = await place(
      { headers: { Supported: '100rel' } },
      { cbProvisional: (res: Loose) => provisional.push(res) },
    );
    expect(order).toEqual(['183', 'PRACK']);
    expect(Number(provisional[0].get('RSeq'))).toBeGreaterThan(0);
    await uac.destroy();
  });

  test('UPDATE crosses in both directions', async () => {
    const taken = take();
    const uac = await place();
    const uas = await taken;
    uas.on('update', (req: Loose, res: Loose) => res.send(200, { body: `${req.body}answered` }));
    const answer = await uac.request({ method: 'UPDATE', body: sdp('new') });
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(`${sdp('new')}answered`);
    const other = await uas.request({ method: 'UPDATE' });
    expect(other.status).toBe(200);
    await uac.destroy();
  });

  test('a session is modified by re-INVITE from either side', async () => {
    const taken = take();
    const uac = await place();
    const uas = await taken;
    for (const [from, to] of [
      [uac, uas],
      [uas, uac],
    ]) {
      to.once('modify', (_: Loose, res: Loose) => res.send(200, { body: sdp('modified') }));
      const acked = next(to, 'ack');
      expect(await from.modify(sdp('again'))).toBe(sdp('modified'));
      await acked;
    }
    await uac.destroy();
  });

  test('an offerless re-INVITE is answered in the ACK', async () => {
    const taken = take();
    const uac = await place();
    const uas = await taken;
    uas.once('modify', (_: Loose, res: Loose) => res.send(200, { body: sdp('offer') }));
    const { sdp: offer, ack } = await uac.modify({ noAck: true });
    expect(offer).toBe(sdp('offer'));
    ack(sdp('answer'));
    await until(() => uas.remote.sdp === sdp('answer'));
    await uac.destroy();
  });

  test('INFO and MESSAGE of any size and script cross inside the dialog', async () => {
    const taken = take();
    const uac = await place();
    const uas = await taken;
    const body = 'Ґрунт 😀 '.repeat(2_000);
    uas.on('message', (req: Loose, res: Loose) => res.send(202, { body: req.body }));
    const answer = await uac.request({
      method: 'MESSAGE',
      headers: { 'Content-Type': 'text/plain;charset=utf-8' },
      body,
    });
    expect(answer.status).toBe(202);
    uac.on('info', (req: Loose, res: Loose) => res.send(200, { headers: { 'X-Got': req.body } }));
    const info = await uas.request({
      method: 'INFO',
      headers: { 'Content-Type': 'application/dtmf-relay' },
      body: 'Signal=5',
    });
    expect(info.get('X-Got')).toBe('Signal=5');
    await uac.destroy();
  });

  test('a challenge is answered with the same Call-ID, From and a CSeq more', async () => {
    const seen: Loose[] = [];
    callee.srf.on('test:invite', async (req: Loose, res: Loose) => {
      seen.push(req);
      if (!req.has('Authorization')) {
        res.send(401, {
          headers: { 'WWW-Authenticate': 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"' },
        });
        return;
      }
      await callee.srf.createUAS(req, res, { localSdp: sdp('callee') });
    });
    const uac = await place({ auth: { username: 'alice', password: 'secret' } });
    expect(seen).toHaveLength(2);
    const [first, second] = seen;
    expect(second.get('Call-ID')).toBe(first.get('Call-ID'));
    expect(second.get('From')).toBe(first.get('From'));
    expect(second.getParsedHeader('CSeq').seq).toBe(first.getParsedHeader('CSeq').seq + 1);
    const said = (name: string) =>
      new RegExp(`${name}="?([^",]+)`).exec(second.get('Authorization'))?.[1];
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const expected = md5(
      [
        md5('alice:r:secret'),
        'n',
        said('nc'),
        said('cnonce'),
        'auth',
        md5(`INVITE:${said('uri')}`),
      ].join(':'),
    );
    expect(said('response')).toBe(expected);
    await uac.destroy();
    await quiet();
  });

  test('requests outside of dialogs are sent and answered', async () => {
    callee.srf.on('test:options', (_: Loose, res: Loose) =>
      res.send(200, { headers: { Accept: 'x/y' } }),
    );
    const req = await caller.srf.request(callee.uri('bob'), { method: 'OPTIONS' });
    const [res] = await next(req, 'response');
    expect(res.status).toBe(200);
    expect(res.get('Accept')).toBe('x/y');
  });

  test('a request that cannot be sent is an error to the application', async () => {
    await expect(caller.srf.request(caller.uri('me'), { method: 'OPTIONS' })).rejects.toThrow(
      'can not send request to myself',
    );
    const taken = take();
    const uac = await place();
    await (await taken).destroy();
    await expect(
      uac.agent.request(
        { method: 'INFO', stackDialogId: uac.id, _socket: uac.socket },
        (e: Loose) => uac.emit('gone', e),
      ) ?? (await next(uac, 'gone'))[0],
    ).toMatchObject({ code: 'ENODIALOG' });
  });

  test('SUBSCRIBE makes a dialog, NOTIFY goes along it', async () => {
    const taken = deferred();
    callee.srf.on('test:subscribe', async (req: Loose, res: Loose) => {
      taken.resolve(await callee.srf.createUAS(req, res, { headers: { Expires: '60' } }));
    });
    const uac = await caller.srf.createUAC(callee.uri('bob'), {
      method: 'SUBSCRIBE',
      headers: { Event: 'presence', Expires: '60', From: 'sip:me@localhost' },
    });
    const uas = await taken.promise;
    const notified = next(uac, 'notify');
    const answered = uas.request({
      method: 'NOTIFY',
      headers: { Event: 'presence', 'Subscription-State': 'active' },
    });
    const [notify, res] = await notified;
    expect(notify.get('Subscription-State')).toBe('active');
    res.send(200);
    expect((await answered).status).toBe(200);
    expect(uas.dialogType).toBe('SUBSCRIBE');
  });

  describe('as a back-to-back user agent', () => {
    let b2b: Node;

    beforeEach(async () => {
      b2b = await startNode(via, {}, (srf) => {
        srf.invite((req: Loose, res: Loose) => srf.emit('test:invite', req, res));
      });
    });

    afterEach(() => b2b.stop());

    const bridge = (options: Loose = {}) => {
      const bridged = deferred();
      b2b.srf.on('test:invite', (req: Loose, res: Loose) => {
        b2b.srf
          .createB2BUA(req, res, callee.uri('bob'), options)
          .then(bridged.resolve, bridged.resolve);
      });
      return bridged.promise;
    };

    const dial = (options: Loose = {}, callbacks: Loose = {}) =>
      caller.srf.createUAC(b2b.uri('bob'), { localSdp: sdp('caller'), ...options }, callbacks);

    test('connects, re-negotiates and ends a call', async () => {
      const taken = take();
      const bridged = bridge({ proxyRequestHeaders: ['X-Id'], proxyResponseHeaders: ['X-Back'] });
      const uac = await dial({ headers: { 'X-Id': '7' } });
      const uas = await taken;
      const { uas: a, uac: b } = await bridged;
      expect(uas.req.get('X-Id')).toBe('7');
      expect(uac.remote.sdp).toBe(sdp('callee'));
      a.on('destroy', () => b.destroy());
      const ended = next(uas, 'destroy');
      await uac.destroy();
      await ended;
      await quiet();
      await until(() => b2b.engine.stats().dialogs === 0);
    });

    test('passes a cancellation through', async () => {
      const cancelled = deferred();
      callee.srf.on('test:invite', (req: Loose, res: Loose) => {
        req.on('cancel', cancelled.resolve);
        res.send(180);
      });
      const bridged = bridge();
      let sent: Loose;
      const call = dial(
        {},
        {
          cbRequest: (_: Loose, req: Loose) => {
            sent = req;
          },
          cbProvisional: () => sent.cancel(),
        },
      );
      await expect(call).rejects.toMatchObject({ status: 487 });
      await cancelled.promise;
      expect(await bridged).toMatchObject({ status: 487 });
    });

    test('passes a refusal through', async () => {
      callee.srf.on('test:invite', (_: Loose, res: Loose) => res.send(603));
      bridge();
      await expect(dial()).rejects.toMatchObject({ status: 603 });
    });

    test('connects a call without an offer (third-party call control)', async () => {
      const taken = take();
      const bridged = bridge();
      const { sdp: offer, ack } = await dial({ localSdp: undefined, noAck: true });
      expect(offer).toBe(sdp('callee'));
      const uac = await ack(sdp('caller'));
      expect(await bridged).toHaveProperty('uas');
      const uas = await taken;
      await until(() => uas.remote.sdp === sdp('caller'));
      await uac.destroy();
    });
  });

  describe('as a proxy', () => {
    let proxy: Node;

    beforeEach(async () => {
      proxy = await startNode(via, {}, (srf) => {
        srf.invite((req: Loose, res: Loose) => srf.emit('test:invite', req, res));
      });
    });

    afterEach(() => proxy.stop());

    test.each([true, false])('carries a call, remaining in its dialog: %s', async (remain) => {
      const results = deferred();
      proxy.srf.on('test:invite', (req: Loose) => {
        proxy.srf
          .proxyRequest(req, [callee.uri('bob')], { remainInDialog: remain, finalTimeout: '5s' })
          .then(results.resolve);
      });
      const taken = take();
      const uac = await caller.srf.createUAC(proxy.uri('bob'), { localSdp: sdp('caller') });
      const uas = await taken;
      expect(await results.promise).toMatchObject({ connected: true, finalStatus: 200 });
      expect(uas.req.getParsedHeader('via')).toHaveLength(2);
      expect(uas.req.has('record-route')).toBe(remain);
      const acked = next(uas, 'ack');
      await acked;
      const ended = next(uac, 'destroy');
      await uas.destroy();
      await ended;
      await quiet();
      expect(proxy.engine.stats().dialogs).toBe(0);
    });

    test('tries the next target when one refuses', async () => {
      proxy.srf.on('test:invite', (req: Loose) => {
        proxy.srf.proxyRequest(req, [caller.uri('nobody'), callee.uri('bob')]);
      });
      caller.srf.on('test:invite', (_: Loose, res: Loose) => res.send(480));
      const taken = take();
      const uac = await caller.srf.createUAC(proxy.uri('bob'), { localSdp: sdp('caller') });
      await taken;
      await uac.destroy();
    });
  });
});
