import { createHash } from 'node:crypto';
import type { Api } from '../../src/api';
import type { SettingsStore } from '../../src/policy';
import { Office } from '../policy/settings/support';
import { ask, Bench, wav } from './support';

let bench: Bench;
let office: Office;
let store: SettingsStore;
let api: Api;

beforeEach(async () => {
  bench = new Bench();
  office = new Office();
  store = await office.open();
  api = await serve(false);
});
afterEach(async () => {
  await bench.tearDown();
  await office.tearDown();
});

const serve = (speaks: boolean) =>
  bench.serve({ token: 'secret', settings: { store, speaks, explain: async () => [] } });

const SOUND = wav(Array.from({ length: 8000 }, (_, n) => Math.round(8000 * Math.sin(n / 5))));
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function send(method: string, path: string, body?: string | Buffer, type?: string) {
  const headers = {
    authorization: 'Bearer secret',
    ...(type !== undefined && { 'content-type': type }),
  };
  const {
    status,
    headers: got,
    ...answer
  } = await ask(api, path, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  const isJson = String(got['content-type']).includes('json');
  return { status, headers: got, ...answer, json: isJson ? JSON.parse(answer.text) : undefined };
}

describe('a prompt over HTTP', () => {
  it('is a WAV file in both directions, and may be named by a setting', async () => {
    const made = await send('PUT', '/v1/prompts/greeting', SOUND, 'audio/wav');
    expect([made.status, made.json]).toEqual([
      200,
      { name: 'greeting', sha256: expect.any(String), sourceSha256: hashOf(SOUND), lengthMs: 1000 },
    ]);
    const { sha256 } = made.json;
    const file = await send('GET', '/v1/prompts/greeting');
    expect(file.headers).toMatchObject({ 'content-type': 'audio/wav', etag: `"${sha256}"` });
    expect(hashOf(file.body)).toBe(sha256);
    expect((await send('GET', '/v1/prompts')).json).toEqual({ prompts: [made.json], next: null });
    const named = JSON.stringify({ promptStart: 'greeting' });
    const chosen = await send('PATCH', '/v1/organization', named, 'application/json');
    expect(chosen.status).toBe(200);
    expect(await send('DELETE', '/v1/prompts/greeting')).toMatchObject({
      status: 400,
      json: {
        problems: [
          { entry: 'prompt greeting', message: 'is used by organization: change them first' },
        ],
      },
    });
    await send('PATCH', '/v1/organization', '{"promptStart": null}', 'application/json');
    expect((await send('DELETE', '/v1/prompts/greeting')).status).toBe(204);
    expect((await send('GET', '/v1/prompts/greeting')).status).toBe(404);
  });

  it('stands in the log with who gave it, by its hash', async () => {
    await send('PUT', '/v1/prompts/greeting', SOUND, 'audio/x-wav');
    const { json } = await send('GET', '/v1/audit?kind=prompt');
    expect(json.changes).toEqual([
      expect.objectContaining({
        by: 'http:token@127.0.0.1',
        name: 'greeting',
        before: null,
        after: expect.objectContaining({ sourceSha256: hashOf(SOUND) }),
      }),
    ]);
  });

  it('is words where they can be spoken', async () => {
    const refused = await send('PUT', '/v1/prompts/words', 'Recorded.', 'text/plain');
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining('set announcements.source to freeswitch'),
    ]);
    api = await serve(true);
    await send('PUT', '/v1/prompts/words', 'Recorded.\n', 'text/plain');
    const { headers, text } = await send('GET', '/v1/prompts/words');
    expect([headers['content-type'], text]).toEqual(['text/plain; charset=utf-8', 'Recorded.']);
  });

  it.each([
    ['greeting', Buffer.alloc(0), 'audio/wav', 400, 'the file is empty; give a WAV file'],
    ['greeting', 'ID3', 'audio/mpeg', 400, 'not a RIFF/WAVE file; convert it to 16-bit PCM: sox'],
    ['greeting', wav([]), 'audio/wav', 400, 'it holds no sound'],
    ['shipped', SOUND, 'audio/wav', 400, 'take another name'],
    ['greeting', '{}', 'application/json', 415, 'with Content-Type: audio/wav'],
    ['greeting', undefined, undefined, 415, 'with Content-Type: audio/wav'],
    ['greeting', Buffer.alloc(17 << 20), 'audio/wav', 413, 'at most 16384 KiB: make it smaller'],
  ] as const)(
    '%s that cannot be is refused with what to do',
    async (name, body, type, status, says) => {
      const { text, ...answer } = await send('PUT', `/v1/prompts/${name}`, body, type);
      expect([answer.status, text]).toEqual([status, expect.stringContaining(says)]);
      expect(store.current().list('prompt')).toEqual([]);
    },
  );
});
