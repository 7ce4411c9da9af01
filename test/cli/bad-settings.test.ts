import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from '../../src/api';
import { type SettingsStore, showProblem } from '../../src/policy';
import { ask, Bench, wav } from '../api/support';
import { change, Office, provider, SMALL } from '../policy/settings/support';
import { run } from './support';

let office: Office;
let store: SettingsStore;
let bench: Bench;
let api: Api;

beforeEach(async () => {
  office = new Office();
  store = await office.open();
  const dub = provider('dub', { preset: 'dubber', endpoint: 'sip:rec@192.0.2.1' });
  await change(store, [...SMALL, dub]);
  bench = new Bench();
  api = await bench.serve({
    token: 'secret',
    settings: { store, speaks: false, explain: async () => [] },
  });
});
afterEach(async () => {
  await bench.tearDown();
  await office.tearDown();
});

/** The same wish as a command and as a request; a command's `FILE` holds what a request's body does. */
interface Wish {
  readonly command: readonly string[];
  readonly request: readonly [method: string, path: string, type?: string];
  readonly body?: string | Buffer;
  readonly told: readonly string[];
}

const JSON_TYPE = 'application/json';

const set = (
  command: string,
  path: string,
  values: Readonly<Record<string, string | number>>,
  ...told: string[]
): Wish => ({
  command: [...command.split(' '), ...Object.entries(values).map((pair) => pair.join('='))],
  request: ['PATCH', path, JSON_TYPE],
  body: JSON.stringify(values),
  told,
});
const org = (values: Readonly<Record<string, string | number>>, ...told: string[]) =>
  set('org set', '/v1/organization', values, ...told.map((one) => `organization: ${one}`));
const users = (format: 'csv' | 'yaml', body: string, ...told: string[]): Wish => ({
  command: ['users', 'import', 'FILE', '--format', format],
  request: ['POST', `/v1/users.${format}`, format === 'csv' ? 'text/csv' : 'application/yaml'],
  body,
  told,
});
const prompt = (body: Buffer, told: string): Wish => ({
  command: ['prompts', 'add', 'greeting', 'FILE'],
  request: ['PUT', '/v1/prompts/greeting', 'audio/wav'],
  body,
  told: [`prompt greeting: ${told}`],
});
const removed = (command: string, path: string, told: string): Wish => ({
  command: command.split(' '),
  request: ['DELETE', path],
  told: [told],
});

const MODES = 'wants always, always-pause-resume, on-demand, on-demand-keep or never';
const TO_PCM = 'convert it to 16-bit PCM: sox IN -b 16 -e signed OUT.wav';

describe('a setting that cannot be', () => {
  const wishes: readonly [string, Wish][] = [
    [
      'a reminder every 5 s',
      org(
        { reminderIntervalSeconds: 5 },
        'reminderIntervalSeconds: wants a whole number from 10 to 90, got 5',
      ),
    ],
    [
      'an unknown provider',
      org({ provider: 'her' }, 'provider: there is no provider "her"; the nearest is here'),
    ],
    [
      'a provider whose terms nobody has accepted',
      org(
        { provider: 'dub' },
        'provider: the terms of service of "dub" have not been accepted: accept them first (accept-terms)',
      ),
    ],
    [
      'an unknown mode and an unknown field',
      org(
        { mode: 'alway', moed: 'always' },
        `mode: ${MODES}, got "alway"; the nearest is always`,
        'moed: no such field; the nearest is mode',
      ),
    ],
    [
      'a tone that is too loud',
      org({ toneLevelDbm0: 0 }, 'toneLevelDbm0: wants a whole number from -40 to -3, got 0'),
    ],
    [
      'an unknown language',
      org({ language: 'ua' }, 'language: wants en or uk, got "ua"; the nearest is uk'),
    ],
    [
      'an unknown prompt',
      org(
        { promptStart: 'hello' },
        'promptStart: there is no prompt "hello"; the nearest is shipped',
      ),
    ],
    [
      'a code that begins another',
      org(
        { codeStart: '*4' },
        'codeStart: *4 cannot be told from codeStop *45 (default) while it is dialled: take codes of which none begins another, or off',
      ),
    ],
    [
      'a setting for a user who is not recorded',
      set(
        'users set alice',
        '/v1/users/alice',
        { mode: 'never', language: 'uk' },
        'user alice: language: cannot be set while mode is never: choose another mode with it, or leave it out',
      ),
    ],
    [
      'an unknown location',
      set(
        'users set alice',
        '/v1/users/alice',
        { location: 'Kiev' },
        'user alice: location: there is no location "Kiev"; the nearest is Kyiv',
      ),
    ],
    [
      'a location that users are at',
      removed(
        'locations remove Kyiv',
        '/v1/locations/Kyiv',
        'location Kyiv: is used by user alice: change them first',
      ),
    ],
    [
      'a prompt that is not there',
      removed('prompts remove bye', '/v1/prompts/bye', 'there is no prompt bye'),
    ],
    ['WAV of zero length', prompt(Buffer.alloc(0), 'the file is empty; give a WAV file')],
    [
      'WAV without sound',
      prompt(wav([]), 'it holds no sound; give a WAV file with something to hear'),
    ],
    ['no WAV at all', prompt(Buffer.from('ID3'), `not a RIFF/WAVE file; ${TO_PCM}`)],
    [
      'WAV of more than a minute',
      prompt(wav(Array(8000 * 61).fill(1000)), 'it lasts 61 s; shorten it to 60 s at most'),
    ],
    [
      'CSV with a broken row',
      users(
        'csv',
        'id,numbers,mode\nbob,1001,always\neve,1002\n',
        'line 3: has 2 cells, and the first line has 3: put cells that hold a comma into "quotes"',
      ),
    ],
    [
      'CSV with two bad cells among good ones',
      users(
        'csv',
        'id,numbers,mode,reminderIntervalSeconds\nbob,1001,alwys,\neve,1002,,5\nzoe,1003,,10\n',
        `line 2: user bob: mode: ${MODES}, got "alwys"; the nearest is always`,
        'line 3: user eve: reminderIntervalSeconds: wants a whole number from 10 to 90, got 5',
      ),
    ],
    [
      'CSV with an unknown column',
      users('csv', 'id,mod\nbob,always\n', 'line 1: no such column "mod"; the nearest is mode'),
    ],
    [
      'YAML with a broken entry',
      users('yaml', '- id: bob\n  numbers: ["1001"]\n- eve\n', 'line 3: wants a map with an id'),
    ],
  ];

  it.each(wishes)(
    'is told with what to do, by command and over HTTP alike: %s',
    async (_, wish) => {
      const before = await store.audit({ limit: 100 });
      const file = join(office.directory, 'file');
      writeFileSync(file, wish.body ?? '');
      const command = wish.command.map((one) => (one === 'FILE' ? file : one));
      const { code, err } = await run(office.file, ...command);
      const [head, ...lines] = err.split('\n');
      expect([code, lines.map((line) => line.trim())]).toEqual([1, wish.told]);

      const [method, path, type] = wish.request;
      const answer = await ask(api, path, {
        method,
        headers: { authorization: 'Bearer secret', ...(type && { 'content-type': type }) },
        ...(wish.body !== undefined && { body: wish.body }),
      });
      const { error, problems } = JSON.parse(answer.text);
      expect(answer.status).toBe(
        wish.told.some((one) => one.startsWith('there is no')) ? 404 : 400,
      );
      expect(`${error}:`).toBe(head);
      expect(problems.map(shown)).toEqual(wish.told);
      expect(await store.audit({ limit: 100 })).toEqual(before);
    },
  );
});

function shown(problem: Parameters<typeof showProblem>[0] & { readonly line?: number }): string {
  return problem.line === undefined
    ? showProblem(problem)
    : `line ${problem.line}: ${problem.message}`;
}
