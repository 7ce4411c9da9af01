import type { ControlAnswer } from '../../src/sip';
import { aCall, ask, Bench, recordingOf } from './support';

const TOKEN = 'secret-of-the-test';
const AUTHORIZED = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

const PAUSED = { state: 'paused', pausedBy: 'api' } as const;
const SHOWN = {
  user: 'alice',
  side: 'caller',
  mode: 'always-pause-resume',
  state: 'paused',
  since: '2026-01-15T14:00:05.000Z',
  pausedBy: 'api',
};

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.tearDown());

async function send(
  body: string,
  more: { answers?: ControlAnswer; headers?: Record<string, string>; token?: string } = {},
) {
  const asked: unknown[] = [];
  bench.calls = [{ ...aCall, recordings: [recordingOf('alice', PAUSED)] }];
  const api = await bench.serve({
    token: 'token' in more ? more.token : TOKEN,
    control: async (...command) => {
      asked.push(command);
      return more.answers ?? 'done';
    },
  });
  const headers = { ...AUTHORIZED, ...more.headers };
  const answer = await ask(api, '/v1/calls/call-1/recording', { method: 'POST', headers, body });
  return { status: answer.status, json: JSON.parse(answer.text) as unknown, asked };
}

describe('a command to the recording of a live call', () => {
  it('is carried out, and answered with the state that it leads to', async () => {
    expect(await send('{"user": "alice", "action": "pause"}')).toEqual({
      status: 200,
      json: { result: 'done', recordings: [SHOWN] },
      asked: [['call-1', 'alice', 'pause']],
    });
  });

  it('may leave the user out', async () => {
    const { asked } = await send('{"action": "stop"}');
    expect(asked).toEqual([['call-1', undefined, 'stop']]);
  });

  it.each([
    ['already', 200],
    ['forbidden', 403],
    ['no-call', 404],
    ['no-user', 404],
    ['not-now', 409],
    ['which-user', 409],
    ['failed', 503],
  ] as const)('is answered truthfully: %s, %i', async (answers, status) => {
    expect(await send('{"action": "start"}', { answers })).toMatchObject({
      status,
      json: { result: answers },
    });
  });

  it.each([
    '{}',
    '[]',
    'null',
    '{"action": "erase"}',
    '{"action": "stop", "user": 1}',
    '{',
    '{"action": "stop", "now": true}',
  ])('is refused 400 with what is wanted: %s', async (body) => {
    const { status, json, asked } = await send(body);
    expect([status, asked]).toEqual([400, []]);
    expect(json).toMatchObject({ error: expect.stringMatching(/./) });
  });

  it('wants the token', async () => {
    const { status, asked } = await send('{"action": "stop"}', {
      headers: { authorization: 'Bearer wrong' },
    });
    expect([status, asked]).toEqual([401, []]);
  });

  it('is not taken by a server without a token', async () => {
    const { status, asked } = await send('{"action": "stop"}', { token: undefined });
    expect([status, asked]).toEqual([403, []]);
  });

  it('is not taken from a page from elsewhere', async () => {
    const { status, asked } = await send('{"action": "stop"}', {
      headers: { origin: 'https://elsewhere.example' },
    });
    expect([status, asked]).toEqual([403, []]);
  });
});
