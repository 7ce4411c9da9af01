import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { ConfiguredUsers, openSqliteSettings, SettingsPolicy } from '../../../src/policy';
import { change, Office, organization, SMALL, TO_ALICE, user } from './support';

let office: Office;
beforeEach(() => {
  office = new Office();
});
afterEach(() => office.tearDown());

describe('a store', () => {
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
    await change(theirs, [user('alice', { mode: 'always' })]);
    expect(policy.decide(TO_ALICE)).toMatchObject([
      { id: 'alice', side: 'called', mode: 'always' },
    ]);
    await change(theirs, [user('alice', { mode: null })]);
    expect(policy.decide(TO_ALICE)).toEqual([]);
    await change(theirs, [{ do: 'remove', kind: 'user', key: 'alice' }]);
    expect(ours.current().list('user')).toEqual([]);
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
});

describe('a file', () => {
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
