import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfiguredUsers, SettingsPolicy } from '../../src/policy';
import { wav } from '../api/support';
import { change, Office, SMALL, TO_ALICE, user } from '../policy/settings/support';
import { run as runOn, twintrack } from './support';

let office: Office;
beforeEach(() => {
  office = new Office();
});
afterEach(() => office.tearDown());

const run = (...args: string[]) => runOn(office.file, ...args);

describe('a change by the command line', () => {
  it('is obeyed by the next call of the running service', async () => {
    const store = await office.open();
    await change(store, SMALL);
    const policy = new SettingsPolicy(store, new ConfiguredUsers([]));
    expect(policy.decide(TO_ALICE)).toEqual([]);
    const ran = await twintrack(office.file, 'users', 'set', 'alice', 'mode=always');
    expect(ran).toEqual({
      code: 0,
      out: '',
      err: '',
    });
    expect(policy.decide(TO_ALICE)).toMatchObject([{ id: 'alice', mode: 'always' }]);
    const [entry] = await store.audit({ limit: 1 });
    expect(entry).toMatchObject({ key: 'alice', by: expect.stringMatching(/^cli:./) });
  });

  it('is refused as a whole, each wrong field told with what to do', async () => {
    const { code, err } = await run(
      'org',
      'set',
      'mode=always',
      'reminderIntervalSeconds=5',
      'moed=x',
    );
    expect(code).toBe(1);
    expect(err).toContain(
      [
        'nothing was changed:',
        '  organization: reminderIntervalSeconds: wants a whole number from 10 to 90, got 5',
        '  organization: moed: no such field; the nearest is mode',
      ].join('\n'),
    );
    expect((await office.open()).current().organization).toEqual({});
  });
});

describe('entries', () => {
  it('are listed and shown, with what is in force and from where', async () => {
    await change(await office.open(), [...SMALL, user('alice', { serviceProvider: 'WBX1' })]);
    const list = await run('users', 'list');
    expect(list.out).toBe(
      [
        'user   location  numbers    aors               serviceProvider',
        'alice  Kyiv      +15550100  alice@example.com  WBX1',
        '',
      ].join('\n'),
    );
    const { out } = await run('users', 'show', 'alice');
    expect(out).toMatch(/^externalType +BroadWorks$/m);
    expect(out).toMatch(/^provider +here +organization$/m);
    expect(out).toMatch(/^reminderIntervalSeconds +20 +default$/m);
    const json = JSON.parse((await run('users', 'show', 'alice', '--json')).out);
    expect(json).toMatchObject({ id: 'alice', numbers: ['+15550100'], externalType: 'BroadWorks' });
  });

  it('are made, unset and removed', async () => {
    await run('providers', 'set', 'rec', 'preset=custom', 'endpoint=sip:rec@192.0.2.1');
    await run('providers', 'accept-terms', 'rec');
    await run('locations', 'set', 'Kyiv', 'provider=rec', 'reminderTone=on');
    const store = await office.open();
    expect(store.current().get('location', 'Kyiv')?.values).toEqual({
      provider: 'rec',
      reminderTone: true,
    });
    await run('locations', 'set', 'Kyiv', 'provider=');
    expect(store.current().get('location', 'Kyiv')?.values).toEqual({ reminderTone: true });
    await run('providers', 'remove', 'rec');
    expect(store.current().list('provider')).toEqual([]);
  });
});

describe('turning recording off', () => {
  it('clears what the user had set, and the log tells', async () => {
    const store = await office.open();
    await change(store, [...SMALL, user('alice', { mode: 'always', reminderTone: true })]);
    await run('users', 'set', 'alice', 'mode=never');
    const { out } = await run('users', 'show', 'alice');
    expect(out).toMatch(/^reminderTone +-$/m);
    expect(out).toMatch(/^reminderTone +false +default$/m);
    expect((await run('audit', '--limit', '1')).out).toContain(
      'mode: always → never, reminderTone: true → -',
    );
  });
});

describe('policy explain', () => {
  it('names the scope that decided each field, now and at an earlier time', async () => {
    const store = await office.open();
    await change(store, SMALL, new Date('2026-01-01T00:00:00Z'));
    await change(store, [user('alice', { mode: 'always' })], new Date('2026-01-02T00:00:00Z'));
    const call = ['policy', 'explain', '--from', '+15559999', '--to', 'sip:+15550100@x'];
    const now = await run(...call);
    expect(now.out).toContain(
      'called sip:+15550100@x, user alice: recorded; user alice: mode always',
    );
    expect(now.out).toMatch(/^ {2}mode +always +user alice$/m);
    const then = await run(...call, '--at', '2026-01-01T12:00:00Z');
    expect(then.out).toContain('user alice: not recorded; default: mode never');
    await run('org', 'set', 'voicemailNumbers=8000');
    const voicemail = ['policy', 'explain', '--from', '99', '--to', '8000'];
    const reached = await run(...voicemail, '--diverted-from', '+15550100');
    expect(reached.out).toContain(
      'called 8000, user alice: not recorded; default: recordVoicemail false, and voicemail is reached',
    );
    expect(reached.out).toMatch(/^ {2}recordVoicemail +false +default$/m);
    await run('locations', 'set', 'Kyiv', 'recordVoicemail=yes');
    const on = await run(...voicemail, '--diverted-from', '+15550100');
    expect(on.out).toContain('called 8000, user alice: recorded; user alice: mode always');
    expect(on.out).toMatch(/^ {2}recordVoicemail +true +location Kyiv$/m);
    const wrong = await run(...call, '--at', 'yesterday');
    expect(wrong.err).toContain('--at wants a time such as 2026-01-15T14:00:00Z, got "yesterday"');
  });
});

describe('without a database', () => {
  it('a command says how to name one', async () => {
    const { code, err } = await runOn(undefined, 'users', 'list');
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('settings.database is not set: name a file or a postgres: URL'),
    ]);
  });
});

describe('users in files', () => {
  it('are exported and imported', async () => {
    await change(await office.open(), SMALL);
    const file = join(office.directory, 'users.csv');
    await run('users', 'export', file);
    expect(readFileSync(file, 'utf8')).toContain('\r\nalice,,Kyiv,+15550100,alice@example.com,');
    await run('users', 'remove', 'alice');
    expect(await run('users', 'import', file)).toEqual({
      code: 0,
      out: '1 users imported\n',
      err: '',
    });
    expect((await run('users', 'export', '--format', 'yaml')).out).toContain('- id: alice\n');
  });

  it('with a broken row are refused as a whole', async () => {
    const file = join(office.directory, 'users.csv');
    writeFileSync(file, 'id,numbers,mode\nbob,1,always\neve,2,allways\n');
    const { code, err } = await run('users', 'import', file);
    expect([code, err]).toEqual([
      1,
      'nothing was imported:\n  line 3: user eve: mode: wants always, always-pause-resume, on-demand, on-demand-keep or never, got "allways"; the nearest is always',
    ]);
    expect((await run('users', 'list')).out).toBe('none\n');
  });
});

describe('the log of changes', () => {
  it('shows who changed what, when, from what to what', async () => {
    const store = await office.open();
    await change(store, SMALL, new Date('2026-01-01T00:00:00Z'));
    await change(store, [user('alice', { mode: 'always' })], new Date('2026-01-02T00:00:00Z'));
    const { out } = await run('audit', '--kind', 'user');
    expect(out.split('\n')[1]).toBe(
      '2026-01-02T00:00:00.000Z  user-admin  user alice  mode: - → always',
    );
    expect(out.split('\n')[2]).toContain('made, location: - → Kyiv, numbers: - → +15550100');
    expect((await run('audit', '--limit', '1')).out.trimEnd().split('\n')).toHaveLength(2);
  });
});

describe('prompts', () => {
  it('are added from WAV, shown, exported and removed', async () => {
    const [given, back] = [join(office.directory, 'in.wav'), join(office.directory, 'out.wav')];
    const samples = Array.from({ length: 8000 }, (_, n) => Math.round(8000 * Math.sin(n / 5)));
    writeFileSync(given, wav(samples));
    expect(await run('prompts', 'add', 'greeting', given)).toMatchObject({ code: 0 });
    expect((await run('prompts', 'list')).out).toMatch(/^greeting +[0-9a-f]{64} .* 1000$/m);
    await run('prompts', 'show', 'greeting', back);
    const { sha256 } = JSON.parse((await run('prompts', 'show', 'greeting', '--json')).out);
    expect(createHash('sha256').update(readFileSync(back)).digest('hex')).toBe(sha256);
    await run('locations', 'set', 'Kyiv', 'promptStart=greeting');
    expect((await run('prompts', 'remove', 'greeting')).err).toContain(
      'prompt greeting: is used by location Kyiv: change them first',
    );
    await run('locations', 'set', 'Kyiv', 'promptStart=');
    expect((await run('prompts', 'remove', 'greeting')).code).toBe(0);
    expect((await run('audit', '--kind', 'prompt')).out).toContain('removed');
  });

  it('that cannot be are refused with what to do', async () => {
    const { err } = await run('prompts', 'add', 'greeting');
    expect(err).toContain('wants a WAV file or --text');
    const words = await run('prompts', 'add', 'greeting', '--text', 'Recorded.');
    expect(words.err).toContain('prompt greeting: text is spoken only by FreeSWITCH: give a WAV');
    expect((await run('prompts', 'show', 'nobody', 'x.wav')).err).toBe('there is no prompt nobody');
  });
});
