import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import {
  ConfiguredUsers,
  openPostgresSettings,
  openSqliteSettings,
  SettingsPolicy,
} from '../../../src/policy';
import { freePort } from '../../support/ports';
import { clientOf, PostgresServer } from '../../support/postgres';
import {
  change,
  eventually,
  Office,
  type OpenOffice,
  organization,
  PostgresOffice,
  SMALL,
  TO_ALICE,
  user,
} from './support';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.remove());

describe.each(['SQLite', 'PostgreSQL'])('a store in %s', (kind) => {
  let office: OpenOffice;
  beforeEach(async () => {
    office = kind === 'SQLite' ? new Office() : new PostgresOffice(await server.database());
  });
  afterEach(() => office.tearDown());

  it('keeps what was set when it is opened again', async () => {
    const first = await office.open();
    expect(await change(first, SMALL)).toEqual([]);
    const second = await office.open();
    expect(second.current().organization).toEqual({ provider: 'here' });
    expect(
      second
        .current()
        .list('user')
        .map(({ key }) => key),
    ).toEqual(['alice']);
  });

  it('shows what another connection has committed, at once and one by one', async () => {
    const [ours, theirs] = [await office.open(), await office.open()];
    await change(ours, SMALL);
    const policy = new SettingsPolicy(ours, new ConfiguredUsers([]));
    expect(policy.decide(TO_ALICE)).toEqual([]);
    const modes = () => policy.decide(TO_ALICE).map(({ id, mode }) => `${id} ${mode}`);
    await change(theirs, [user('alice', { mode: 'always' })]);
    await office.seen(() => expect(modes()).toEqual(['alice always']));
    await change(theirs, [user('alice', { mode: null })]);
    await office.seen(() => expect(modes()).toEqual([]));
    await change(theirs, [{ do: 'remove', kind: 'user', key: 'alice' }]);
    await office.seen(() => expect(ours.current().list('user')).toEqual([]));
  });

  it('judges a change by what others committed meanwhile', async () => {
    const [ours, theirs] = [await office.open(), await office.open()];
    await change(theirs, SMALL);
    const told = await Promise.all([
      change(ours, [user('bob', { numbers: ['2001'] })]),
      change(theirs, [user('carol', { numbers: ['2001'] })]),
    ]);
    expect(told.flat()).toHaveLength(1);
  });

  it('logs who changed what, when, from what to what, with the change or not at all', async () => {
    const store = await office.open();
    const at = new Date('2026-01-15T14:00:00Z');
    await change(store, SMALL);
    await change(store, [user('alice', { mode: 'always' }), organization({ mode: 'never' })], at);
    await change(store, [user('alice', { mode: 'on-demand' }), organization({ mode: 'wrong' })]);
    await change(store, [user('alice', { mode: 'always' })]);
    const [newest, older, ...rest] = await store.audit({ limit: 100 });
    expect(rest).toHaveLength(SMALL.length);
    expect(newest).toMatchObject({ kind: 'organization', by: 'user-admin', at });
    expect(older?.before?.values).not.toHaveProperty('mode');
    expect(older?.after?.values).toMatchObject({ mode: 'always' });
    const only = await store.audit({ kind: 'user', key: 'alice', limit: 1, before: older!.id });
    expect(only).toMatchObject([{ before: undefined, after: { key: 'alice' } }]);
  });

  it('keeps the sound of prompts for every process, by its hash', async () => {
    const [ours, theirs] = [await office.open(), await office.open()];
    const wav = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 256));
    const sound = { kind: 'wav', wav, sha256: 'abc', sourceSha256: 'def', lengthMs: 1 } as const;
    await change(ours, [{ do: 'put-prompt', key: 'hello', prompt: sound }]);
    await change(ours, [{ do: 'put-prompt', key: 'again', prompt: sound }]);
    expect((await theirs.sound('abc'))?.equals(wav)).toBe(true);
    expect(await theirs.sound('xyz')).toBeUndefined();
    await office.seen(() => expect(theirs.current().list('prompt')).toHaveLength(2));
  });

  it('tells what was in force at an earlier time', async () => {
    const store = await office.open();
    await change(store, SMALL, new Date('2026-01-01T00:00:00Z'));
    await change(store, [user('alice', { mode: 'always' })], new Date('2026-01-02T00:00:00Z'));
    await change(
      store,
      [{ do: 'remove', kind: 'user', key: 'alice' }],
      new Date('2026-01-03T00:00:00Z'),
    );
    const then = async (time: string) =>
      (await store.at(new Date(time))).get('user', 'alice')?.values;
    expect(await then('2025-12-31T00:00:00Z')).toBeUndefined();
    expect((await then('2026-01-01T12:00:00Z'))?.mode).toBeUndefined();
    expect((await then('2026-01-02T12:00:00Z'))?.mode).toBe('always');
    expect(await then('2026-01-03T12:00:00Z')).toBeUndefined();
    expect(store.current().list('user')).toEqual([]);
  });
});

describe('a PostgreSQL server', () => {
  it('that goes away is told of, decided without, and followed again when it is back', async () => {
    const url = await server.database();
    const trouble: string[] = [];
    const { password } = PostgresServer;
    const store = await openPostgresSettings(url, {
      password,
      onTrouble: (one) => trouble.push(one),
    });
    await change(store, SMALL);
    await server.end();
    await eventually(() => expect(trouble).toHaveLength(1));
    expect(trouble[0]).toContain(`the settings database ${url} `);
    expect(store.current().list('user')).toHaveLength(1);
    await expect(change(store, [user('alice', { mode: 'always' })])).rejects.toThrow(
      `the settings database ${url} cannot be reached (ECONNREFUSED): check its address, and that it runs`,
    );
    await server.run();
    const other = await openPostgresSettings(url, { password });
    expect(await change(other, [user('alice', { mode: 'always' })])).toEqual([]);
    await eventually(() =>
      expect(store.current().get('user', 'alice')?.values.mode).toBe('always'),
    );
    await store.close();
    await other.close();
  });

  it('judges changes by many at the same time one after the other', async () => {
    const office = new PostgresOffice(await server.database());
    const stores = [await office.open(), await office.open(), await office.open()];
    await change(stores[0]!, SMALL);
    const told = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        change(stores[at % 3]!, [user(`u${at}`, { numbers: [`20${at % 10}`] })]),
      ),
    );
    expect(told.filter((problems) => problems.length === 0)).toHaveLength(10);
    for (const store of stores) {
      await office.seen(() => expect(store.current().list('user')).toHaveLength(11));
    }
    await office.tearDown();
  });

  it.each([
    [
      'a wrong password',
      { password: 'wrong' },
      '',
      'refuses the login: check the user, and settings.passwordFile',
    ],
    ['a database that is not there', {}, 'nowhere', 'is not there: make it (createdb)'],
  ])('refuses %s with what to do', async (_, options, name, says) => {
    const url = name === '' ? await server.database() : server.url(name);
    const opened = openPostgresSettings(url, { password: PostgresServer.password, ...options });
    await expect(opened).rejects.toThrow(`the settings database ${url} ${says}`);
  });

  it('is told of when nothing listens there', async () => {
    const url = `postgres://twintrack@127.0.0.1:${await freePort()}/settings`;
    await expect(openPostgresSettings(url)).rejects.toThrow('cannot be reached (ECONNREFUSED)');
  });

  it('is told of when a newer version wrote there, or another process does not let go', async () => {
    const url = await server.database();
    const { password } = PostgresServer;
    const store = await openPostgresSettings(url, { password, lockPatienceMs: 50 });
    const holder = clientOf(url);
    await holder.connect();
    await holder.query('begin; lock table audit in exclusive mode');
    await expect(change(store, SMALL)).rejects.toThrow('is locked by another process; try again');
    await holder.query('rollback');
    await holder.end();
    expect(await change(store, SMALL)).toEqual([]);
    await store.close();
    await server.query(url, "insert into migration values (99, '2030-01-01T00:00:00.000Z')");
    await expect(openPostgresSettings(url, { password })).rejects.toThrow(
      'was written by a newer Twintrack (version 99',
    );
  });
});

describe('a file', () => {
  let office: Office;
  beforeEach(() => {
    office = new Office();
  });
  afterEach(() => office.tearDown());

  it('goes on deciding by what it knows when the file cannot be read', async () => {
    const trouble: string[] = [];
    const store = await openSqliteSettings(office.file, { onTrouble: (one) => trouble.push(one) });
    await change(store, SMALL);
    expect(store.current().list('user')).toHaveLength(1);
    const foreign = new Database(office.file);
    foreign.exec('drop table audit');
    foreign.close();
    expect(store.current().list('user')).toHaveLength(1);
    expect(trouble[0]).toContain(`the settings database ${office.file}`);
    await store.close();
  });

  it('is for nobody but the service and its group to read', async () => {
    await change(await office.open(), SMALL);
    for (const beside of ['', '-wal']) {
      expect(statSync(office.file + beside).mode & 0o007).toBe(0);
    }
  });

  it('is made with its directory, or not, with the reason', async () => {
    const inner = join(office.directory, 'a/b/settings.db');
    await (await openSqliteSettings(inner)).close();
    expect(statSync(inner).isFile()).toBe(true);
    const blocked = openSqliteSettings(join(inner, 'settings.db'));
    await expect(blocked).rejects.toThrow(
      /^the settings database \S+ cannot be opened \(E\w+\): check its path, and who owns it$/,
    );
  });
});

describe('a file that cannot be used', () => {
  let office: Office;
  beforeEach(() => {
    office = new Office();
  });
  afterEach(() => office.tearDown());

  it('is named with what to do when it is damaged', async () => {
    writeFileSync(office.file, 'no database, '.repeat(1000));
    await expect(office.open()).rejects.toThrow(
      `the settings database ${office.file} is damaged, or no settings database: put a copy of it back, or move it away to begin anew`,
    );
  });

  it('is named when a newer version wrote it', async () => {
    await (await office.open()).current();
    const newer = new Database(office.file);
    newer.exec("insert into migration values (99, '2030-01-01T00:00:00.000Z')");
    newer.close();
    await expect(office.open()).rejects.toThrow('was written by a newer Twintrack (version 99');
  });

  it('is named when another process does not let go of it', async () => {
    const store = await openSqliteSettings(office.file, { lockPatienceMs: 50 });
    const holder = new Database(office.file);
    holder.exec('begin immediate');
    await expect(change(store, SMALL)).rejects.toThrow('is locked by another process; try again');
    holder.exec('rollback');
    expect(await change(store, SMALL)).toEqual([]);
    holder.close();
    await store.close();
  });
});
