import { startTwintrack, type Twintrack } from '../../src/app';
import { loadConfig } from '../../src/config';
import { silentLog } from '../../src/core';
import { openPostgresSettings } from '../../src/policy';
import { change, Office, SMALL, user } from '../policy/settings/support';
import { PostgresServer } from '../support/postgres';

const TOKEN = 'a-token-of-the-test';

let office: Office;
let service: Twintrack | undefined;
beforeEach(() => {
  office = new Office();
});
afterEach(async () => {
  await service?.stop();
  await office.tearDown();
});

/** A service on ports that the system chooses, with this settings database. */
function serve(database: string, env: NodeJS.ProcessEnv = {}): Promise<Twintrack> {
  const set = [
    'sip.listen=udp/127.0.0.1:0',
    'http.listen=127.0.0.1:0',
    'recorder.provider=none',
    'cdr.file=null',
    'shutdown.graceSeconds=0',
    `settings.database=${database}`,
  ];
  const loaded = loadConfig({ env: { TWINTRACK_HTTP__TOKEN: TOKEN, ...env }, flags: { set } });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return startTwintrack(loaded.config, { log: silentLog });
}

describe('a service with a settings database', () => {
  it('serves it over HTTP, and sees what another process writes', async () => {
    service = await serve(office.file);
    const why = async () => {
      const url = `http://127.0.0.1:${service?.httpPort}/v1/policy/explain?from=99&to=%2B15550100`;
      const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
      const { sides } = (await answer.json()) as { sides: { because: string }[] };
      return sides[1]?.because;
    };
    expect(await why()).toBe('no user is known by this identity');
    const other = await office.open();
    await change(other, SMALL);
    expect(await why()).toBe('default: mode never');
    await change(other, [user('alice', { mode: 'always' })]);
    expect(await why()).toBe('user alice: mode always');
  });

  it('serves it from PostgreSQL, with the password apart', async () => {
    const server = await PostgresServer.start();
    try {
      const url = await server.database();
      await expect(serve(url, { TWINTRACK_SETTINGS__PASSWORD: 'wrong' })).rejects.toThrow(
        `the settings database ${url} refuses the login`,
      );
      const { password } = PostgresServer;
      service = await serve(url, { TWINTRACK_SETTINGS__PASSWORD: password });
      const call = async (path: string, init: RequestInit = {}) => {
        const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
        return fetch(`http://127.0.0.1:${service?.httpPort}${path}`, { ...init, headers });
      };
      const body = '{"numbers": ["3000"]}';
      expect((await call('/v1/users/alice', { method: 'PUT', body })).status).toBe(200);
      const other = await openPostgresSettings(url, { password });
      expect(other.current().get('user', 'alice')?.values.numbers).toEqual(['3000']);
      await other.close();
      await service.stop();
      service = undefined;
    } finally {
      await server.remove();
    }
  });

  it('does not start on one that cannot be opened', async () => {
    const nowhere = serve(`${office.directory}/`);
    await expect(nowhere).rejects.toThrow(/^the settings database \S+ cannot be opened \(EISDIR\)/);
  });
});
