import type { Api } from '../../src/api';
import {
  ConfiguredUsers,
  type ExplainedCall,
  explainCall,
  SettingsPolicy,
  type SettingsStore,
  SettingsUnavailable,
} from '../../src/policy';
import { change, Office, organization, SMALL, TO_ALICE } from '../policy/settings/support';
import { type Answer, aCall, ask, Bench } from './support';

let bench: Bench;
let office: Office;
let store: SettingsStore;
let policy: SettingsPolicy;
let api: Api;

beforeEach(async () => {
  bench = new Bench();
  office = new Office();
  store = await office.open();
  policy = new SettingsPolicy(store, new ConfiguredUsers([]));
  api = await bench.serve({ token: 'secret', settings: source() });
});
afterEach(async () => {
  await bench.tearDown();
  await office.tearDown();
});

const source = (speaks = false) => ({
  store,
  speaks,
  explain: async ({ at, ...call }: ExplainedCall & { at: Date | undefined }) =>
    explainCall(policy, at ? await store.at(at) : store.current(), call),
});

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: unknown; answer: Answer }> {
  const answer = await ask(api, path, {
    method,
    headers: {
      authorization: 'Bearer secret',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const isJson = String(answer.headers['content-type']).includes('json');
  return { status: answer.status, json: isJson ? JSON.parse(answer.text) : undefined, answer };
}

describe('settings over HTTP', () => {
  it('are obeyed by the next call', async () => {
    await change(store, SMALL);
    expect(policy.decide(TO_ALICE)).toEqual([]);
    const { status, json } = await send('PATCH', '/v1/users/alice', { mode: 'always' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ id: 'alice', mode: 'always', externalType: 'BroadWorks' });
    expect(policy.decide(TO_ALICE)).toHaveLength(1);
  });

  it('are made from nothing, chosen, shown and removed', async () => {
    const endpoint = 'sip:rec@192.0.2.1';
    await send('PUT', '/v1/providers/dub', { preset: 'dubber', endpoint });
    expect((await send('PUT', '/v1/organization', { provider: 'dub' })).json).toEqual({
      error: 'nothing was changed',
      problems: [
        {
          entry: 'organization',
          field: 'provider',
          message:
            'the terms of service of "dub" have not been accepted: accept them first (accept-terms)',
        },
      ],
    });
    const login = { authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}` };
    const accepted = await send('POST', '/v1/providers/dub/accept-terms', undefined, login);
    expect(accepted.json).toMatchObject({ name: 'dub', termsAcceptedBy: 'http:ann@127.0.0.1' });
    expect((await send('PUT', '/v1/organization', { provider: 'dub' })).status).toBe(200);
    expect((await send('GET', '/v1/organization')).json).toEqual({ provider: 'dub' });
    await send('PUT', '/v1/organization', {});
    expect((await send('DELETE', '/v1/providers/dub')).status).toBe(204);
    expect((await send('GET', '/v1/providers')).json).toEqual({ providers: [], next: null });
  });

  it('take back what they gave', async () => {
    await change(store, SMALL);
    const { json } = await send('GET', '/v1/users/alice');
    expect((await send('PUT', '/v1/users/alice', json)).json).toEqual(json);
    expect(await store.audit({ kind: 'user', limit: 10 })).toHaveLength(1);
  });

  it('tell what is in force for a user, and why a call is recorded', async () => {
    await change(store, SMALL);
    const { json } = await send('GET', '/v1/users/alice/in-force');
    expect(json).toMatchObject({
      inForce: expect.arrayContaining([
        { field: 'provider', value: 'here', scope: 'organization', entry: 'organization' },
      ]),
    });
    const why = await send('GET', '/v1/policy/explain?from=99&to=%2B15550100');
    expect(why.json).toMatchObject({
      sides: [
        { because: 'no user is known by this identity' },
        { user: 'alice', recorded: false, because: 'default: mode never' },
      ],
    });
    await change(store, [organization({ mode: 'always', voicemailNumbers: ['8000'] })]);
    const voicemail = '/v1/policy/explain?from=99&to=8000&divertedFrom=%2B15550100';
    const because = 'default: recordVoicemail false, and voicemail is reached';
    expect((await send('GET', voicemail)).json).toMatchObject({
      sides: [{}, { user: 'alice', recorded: false, because }],
    });
    const before = await send(
      'GET',
      '/v1/policy/explain?from=99&to=%2B15550100&at=2020-01-01T00:00:00Z',
    );
    expect(before.json).toMatchObject({
      sides: [{}, { because: expect.stringContaining('no user') }],
    });
  });

  it('list users page by page', async () => {
    await change(store, SMALL);
    await send('PUT', '/v1/users/bob', { numbers: ['1'] });
    const first = await send('GET', '/v1/users?limit=1');
    expect(first.json).toMatchObject({ users: [{ id: 'alice' }], next: 'alice' });
    const second = await send('GET', '/v1/users?limit=1&after=alice');
    expect(second.json).toMatchObject({ users: [{ id: 'bob' }], next: null });
  });
});

describe('what cannot be', () => {
  it.each([
    [
      'PUT',
      '/v1/organization',
      { reminderIntervalSeconds: 5 },
      400,
      'wants a whole number from 10 to 90, got 5',
    ],
    ['PUT', '/v1/organization', { moed: 'always' }, 400, 'no such field; the nearest is mode'],
    [
      'PUT',
      '/v1/organization',
      { provider: 'x' },
      400,
      'there is no provider \\"x\\"; the nearest is none',
    ],
    ['PUT', '/v1/organization', '{"mode": ', 400, 'Body is not valid JSON'],
    ['PUT', '/v1/organization', '[]', 400, 'wants a JSON object of fields'],
    ['PUT', '/v1/organization', '{"__proto__": {"mode": "always"}}', 400, 'Body is not valid JSON'],
    ['PUT', '/v1/users/alice', { numbers: ['1'], id: 'bob' }, 400, 'no such field'],
    ['PATCH', '/v1/users/zoe', { mode: 'always' }, 404, 'there is no user zoe'],
    ['DELETE', '/v1/users/zoe', undefined, 404, 'there is no user zoe'],
    ['GET', '/v1/users/zoe', undefined, 404, 'there is no user zoe'],
    ['GET', '/v1/users?limit=0', undefined, 400, 'limit wants a number from 1 to 1000'],
    [
      'GET',
      '/v1/users?page=2',
      undefined,
      400,
      'there is no parameter page: limit, after are known',
    ],
    [
      'GET',
      '/v1/audit?kind=usr',
      undefined,
      400,
      'kind wants organization, provider, prompt, location, user',
    ],
    ['GET', '/v1/policy/explain?from=1', undefined, 400, 'wants from and to'],
  ])('%s %s %j is answered with what to do', async (method, path, body, status, message) => {
    const { answer } = await send(method, path, body);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(message)]);
    expect(store.current().organization).toEqual({});
  });

  it('is told of when the database is in the way', async () => {
    jest.spyOn(store, 'change').mockRejectedValue(new SettingsUnavailable('is locked by somebody'));
    const { status, json } = await send('PUT', '/v1/organization', {});
    expect([status, json]).toEqual([503, { error: 'is locked by somebody' }]);
  });
});

describe('users as files', () => {
  const csv = { 'content-type': 'text/csv' };

  it('are imported and exported', async () => {
    const { json } = await send('POST', '/v1/users.csv', 'id,numbers\nbob,1\neve,2\n', csv);
    expect(json).toEqual({ imported: 2 });
    const exported = await send('GET', '/v1/users.csv');
    expect(exported.answer.text).toContain('\r\nbob,,,1,');
    expect((await send('GET', '/v1/users.yaml')).answer.text).toContain('- id: eve\n');
  });

  it('are refused as a whole, each bad row named', async () => {
    const { status, json } = await send(
      'POST',
      '/v1/users.csv',
      'id,numbers\nbob,1\neve,x-\n',
      csv,
    );
    expect(status).toBe(400);
    expect(json).toEqual({
      error: 'nothing was imported',
      problems: [{ line: 3, message: expect.stringContaining('user eve: numbers: wants') }],
    });
    expect(store.current().list('user')).toEqual([]);
    const asJson = await send('POST', '/v1/users.yaml', []);
    expect([asJson.status, asJson.answer.text]).toEqual([
      415,
      expect.stringContaining('application/yaml'),
    ]);
  });
});

describe('who may change settings', () => {
  it('is nobody without the token', async () => {
    const none = await send('PUT', '/v1/organization', {}, { authorization: 'Bearer wrong' });
    expect(none.status).toBe(401);
    api = await bench.serve({ settings: source() });
    const open = await send('PUT', '/v1/organization', {});
    expect(open.json).toEqual({
      error: 'changes want a token: set http.tokenFile or TWINTRACK_HTTP__TOKEN',
    });
    expect((await send('GET', '/v1/organization')).status).toBe(200);
  });

  it('is no page from elsewhere in a browser that knows the password', async () => {
    const evil = await send('PUT', '/v1/organization', {}, { origin: 'https://evil.example' });
    expect([evil.status, evil.json]).toEqual([
      403,
      { error: 'a page from elsewhere may change nothing here' },
    ]);
    const own = await send(
      'PUT',
      '/v1/organization',
      {},
      { origin: `http://127.0.0.1:${api.port}` },
    );
    expect(own.status).toBe(200);
  });

  it('stands in the log, with what it was before and after', async () => {
    await send('PUT', '/v1/organization', { mode: 'always' });
    await send('PATCH', '/v1/organization', { mode: null });
    const { json } = await send('GET', '/v1/audit?kind=organization&limit=1');
    expect(json).toEqual({
      changes: [
        {
          id: 2,
          at: '2026-01-15T14:01:10.000Z',
          by: 'http:token@127.0.0.1',
          kind: 'organization',
          name: 'organization',
          before: { mode: 'always' },
          after: {},
        },
      ],
    });
  });
});

describe('the description', () => {
  it('names only paths that are there, and every field', async () => {
    const { json } = await send('GET', '/v1/openapi.json');
    const { paths, components } = json as {
      paths: Record<string, Record<string, unknown>>;
      components: { schemas: Record<string, { properties: object }> };
    };
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const { answer } = await send(method.toUpperCase(), path.replace('{name}', 'nobody'));
        expect([method, path, answer.text]).not.toEqual([
          method,
          path,
          expect.stringContaining('no such page'),
        ]);
      }
    }
    expect(Object.keys(components.schemas.organization!.properties)).toContain(
      'reminderIntervalSeconds',
    );
    expect(Object.keys(components.schemas.user!.properties)).toContain('externalType');
  });

  it('tells of live calls what the list shows', async () => {
    bench.calls = [aCall];
    const { json } = await send('GET', '/v1/openapi.json');
    const { call, recordingState } = (
      json as { components: { schemas: Record<string, { properties: object }> } }
    ).components.schemas;
    const { calls } = (await send('GET', '/v1/calls')).json as {
      calls: [{ recordings: [object] }];
    };
    expect(Object.keys(call!.properties)).toEqual(Object.keys(calls[0]));
    const [recording] = calls[0].recordings;
    expect(Object.keys(recordingState!.properties).sort()).toEqual(Object.keys(recording).sort());
  });

  it('is a page as well', async () => {
    const { answer } = await send('GET', '/v1/openapi');
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.text).toContain('<code>/v1/users/{name}</code>');
    expect(answer.text).toContain('a whole number from 10 to 90');
  });
});

describe('without a settings database', () => {
  it('the paths are not there', async () => {
    api = await bench.serve();
    expect((await send('GET', '/v1/users')).status).toBe(404);
  });
});
