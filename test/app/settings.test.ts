import { startTwintrack, type Twintrack } from '../../src/app';
import { loadConfig } from '../../src/config';
import { silentLog } from '../../src/core';
import { change, Office, SMALL, user } from '../policy/settings/support';

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
function serve(database: string): Promise<Twintrack> {
  const set = [
    'sip.listen=udp/127.0.0.1:0',
    'http.listen=127.0.0.1:0',
    'recorder.provider=none',
    'cdr.file=null',
    'shutdown.graceSeconds=0',
    `settings.database=${database}`,
  ];
  const loaded = loadConfig({ env: { TWINTRACK_HTTP__TOKEN: TOKEN }, flags: { set } });
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

  it('does not start on one that cannot be opened', async () => {
    const nowhere = serve(`${office.directory}/`);
    await expect(nowhere).rejects.toThrow(/^the settings database \S+ cannot be opened \(EISDIR\)/);
  });
});
