import { connect } from 'node:net';
import { aCall, ask, Bench, wav } from './support';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.tearDown());

describe('the probes', () => {
  it('say that the process lives, and whether calls are taken', async () => {
    const api = await bench.serve();
    expect((await ask(api, '/healthz')).status).toBe(200);
    const ready = await ask(api, '/readyz');
    expect([ready.status, JSON.parse(ready.text)]).toEqual([200, { ready: true, reasons: [] }]);
  });

  it('say why calls are not taken, while the process lives', async () => {
    const api = await bench.serve();
    bench.reasons = ['the service is draining', 'the recorder does not answer'];
    const { status, text } = await ask(api, '/readyz');
    expect([status, JSON.parse(text)]).toEqual([503, { ready: false, reasons: bench.reasons }]);
    expect((await ask(api, '/healthz')).status).toBe(200);
    expect((await ask(api, '/readyz', { method: 'HEAD' })).status).toBe(503);
  });

  it('need no token', async () => {
    const api = await bench.serve({ token: 'secret' });
    for (const path of ['/healthz', '/readyz']) expect((await ask(api, path)).status).toBe(200);
  });
});

describe('the lists', () => {
  it('show live calls', async () => {
    const api = await bench.serve();
    bench.calls = [aCall, { ...aCall, id: 'call-2', state: 'ringing', answeredAt: undefined }];
    const { headers, text } = await ask(api, '/v1/calls');
    expect(headers['content-type']).toContain('application/json');
    expect(headers['cache-control']).toBe('no-store');
    expect(JSON.parse(text).calls).toEqual([
      {
        id: 'call-1',
        state: 'answered',
        caller: 'sip:+15550100@pbx.example.com',
        callee: 'sip:bob@example.com',
        startedAt: '2026-01-15T14:00:00.000Z',
        answeredAt: '2026-01-15T14:00:05.000Z',
        recordings: [
          {
            user: '+15550100',
            side: 'caller',
            mode: 'always-pause-resume',
            state: 'recording',
            since: '2026-01-15T14:00:05.000Z',
            pausedBy: null,
          },
        ],
        hearing: [{ listener: 'caller', announcement: 'start', reminderSeconds: null }],
      },
      expect.objectContaining({ id: 'call-2', answeredAt: null }),
    ]);
  });

  it('show recordings by URL and never by path', async () => {
    const api = await bench.serve();
    bench.record('rec 1', wav([1], [2]), { endedAt: undefined, pcap: 'rest.pcap' });
    const list = await ask(api, '/v1/recordings');
    const [summary] = JSON.parse(list.text).recordings;
    const url = '/v1/recordings/rec%201/files/';
    const files = [
      { name: 'audio.wav', type: 'audio/wav', url: `${url}audio.wav` },
      { name: '0.json', type: 'application/json', url: `${url}0.json` },
      { name: 'rest.pcap', type: 'application/vnd.tcpdump.pcap', url: `${url}rest.pcap` },
    ];
    expect(summary).toEqual({
      id: 'rec 1',
      state: 'finished',
      startedAt: '2026-01-15T13:00:00.000Z',
      endedAt: null,
      durationMs: 62_400,
      channels: ['Alice', 'tel:+15559876'],
      callId: 'x@y',
      files,
    });
    const one = await ask(api, '/v1/recordings/rec%201');
    expect(JSON.parse(one.text)).toMatchObject({ id: 'rec 1', sip: { callId: 'x@y' }, files });
    for (const { text } of [list, one]) expect(text).not.toContain(bench.root);
    expect((await ask(api, files[0]!.url)).status).toBe(200);
    expect((await ask(api, files[1]!.url)).text).toBe('{}');
    expect((await ask(api, files[2]!.url)).status).toBe(404);
    expect((await ask(api, '/v1/recordings/none')).status).toBe(404);
  });

  it('show those recordings that are asked for', async () => {
    const asked: unknown[] = [];
    const api = await bench.serve({
      source: {
        ...bench.source,
        recordings: async (query) => {
          asked.push(query);
          return [];
        },
      },
    });
    const query = 'state=failed&from=2026-01-15T14:00:00Z&until=2026-01-16&party=ali&callId=x@y';
    expect((await ask(api, `/v1/recordings?${query}&limit=5`)).status).toBe(200);
    await ask(api, '/v1/recordings');
    expect(asked).toEqual([
      {
        state: 'failed',
        from: new Date('2026-01-15T14:00:00Z'),
        until: new Date('2026-01-16T00:00:00Z'),
        party: 'ali',
        callId: 'x@y',
        limit: 5,
      },
      {},
    ]);
  });

  it.each([
    ['limit=0', 'limit wants a number from 1 to 1000'],
    ['limit=1001', 'limit wants a number from 1 to 1000'],
    ['limit=1&limit=2', 'limit is given more than once'],
    ['state=x', 'state wants recording, finished, failed'],
    ['from=yesterday', 'from wants a time such as'],
    [`party=${'a'.repeat(300)}`, 'party is too long'],
    ['offset=3', 'there is no parameter offset'],
    ['__proto__=3', 'there is no parameter __proto__'],
  ])('say what is wrong with ?%s', async (query, reason) => {
    const { status, text } = await ask(await bench.serve(), `/v1/recordings?${query}`);
    expect(status).toBe(400);
    expect(JSON.parse(text).error).toContain(reason);
  });

  it('give the metrics as their own type', async () => {
    const api = await bench.serve();
    const { headers, text } = await ask(api, '/metrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4');
    expect(text).toBe('up 1\n');
  });
});

describe('access', () => {
  const CLOSED = ['/', '/metrics', '/v1/calls', '/v1/recordings', '/v1/recordings/x/files/y', '/x'];
  const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;

  it.each(CLOSED)('to %s wants the token, when there is one', async (path) => {
    const api = await bench.serve({ token: 'secret' });
    const refused = await ask(api, path);
    expect(refused.status).toBe(401);
    expect(String(refused.headers['www-authenticate'])).toMatch(/Bearer.*Basic/);
    const allowed = await ask(api, path, { headers: { authorization: 'Bearer secret' } });
    expect([200, 404]).toContain(allowed.status);
  });

  it.each([
    ['bearer secret', 200],
    [basic('anybody:secret'), 200],
    [basic(':secret'), 200],
    [basic('secret'), 401],
    [basic('secret:'), 401],
    [basic('a:b:secret'), 401],
    ['Bearer secre', 401],
    ['Bearer secret2', 401],
    ['Bearer', 401],
    ['Bearer secret secret', 401],
    ['Digest secret', 401],
    ['secret', 401],
    ['', 401],
  ])('with %j is answered %d', async (authorization, status) => {
    const api = await bench.serve({ token: 'secret' });
    expect((await ask(api, '/v1/calls', { headers: { authorization } })).status).toBe(status);
  });

  it('without a token is for loopback only', async () => {
    await expect(bench.serve({ host: '0.0.0.0' })).rejects.toThrow('wants a token');
    await expect(bench.serve({ host: '::' })).rejects.toThrow('wants a token');
  });

  it.each([
    ['127.0.0.1:8080', 200],
    ['localhost', 200],
    ['LOCALHOST:1', 200],
    ['[::1]:8080', 200],
    ['evil.example.com', 403],
    ['127.0.0.1.evil.example.com:8080', 403],
    ['127.evil.example.com', 403],
  ])('without a token, meant for %j, is answered %d', async (host, status) => {
    const api = await bench.serve();
    expect((await ask(api, '/v1/calls', { headers: { host } })).status).toBe(status);
  });

  it('changes nothing: other methods are not known', async () => {
    const api = await bench.serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect((await ask(api, '/v1/calls', { method })).status).toBe(404);
    }
  });
});

describe('the server', () => {
  it('tells each status to who counts them', async () => {
    const api = await bench.serve();
    await ask(api, '/healthz');
    await ask(api, '/nothing');
    expect(bench.answered).toEqual([200, 404]);
  });

  it('answers 500 without details when a source fails, and logs why', async () => {
    const api = await bench.serve({
      source: { ...bench.source, recordings: () => Promise.reject(new Error('disk on fire')) },
    });
    const { status, text } = await ask(api, '/v1/recordings');
    expect(status).toBe(500);
    expect(text).not.toContain('fire');
    expect(bench.captured.events('http-failed')[0]).toMatchObject({
      err: { message: 'disk on fire' },
    });
  });

  it('survives garbage', async () => {
    const api = await bench.serve();
    for (const bytes of [
      '\u0000\u0001\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'a'.repeat(99_999)}`,
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(api.port, '127.0.0.1', () => socket.end(bytes));
        socket.on('error', () => resolve());
        socket.on('close', () => resolve());
        socket.resume();
      });
    }
    for (const path of [
      '/%',
      '/v1/recordings/%00/files/%2e%2e',
      '/v1/recordings/%E0%A4%A/files/a',
    ]) {
      expect((await ask(api, path)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await ask(api, '/healthz')).status).toBe(200);
  });

  it('says that its place is taken', async () => {
    const api = await bench.serve();
    await expect(bench.serve({ port: api.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes though somebody holds a connection open', async () => {
    const api = await bench.serve();
    const socket = connect(api.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    await new Promise((resolve) => socket.on('connect', resolve));
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    await api.close();
    await closed;
  });

  it('listens on IPv6 as well', async () => {
    const api = await bench.serve({ host: '::1' });
    const answer = await fetch(`http://[::1]:${api.port}/v1/calls`);
    expect(answer.status).toBe(200);
  });
});
