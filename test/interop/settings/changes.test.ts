import { twintrack } from '../../cli/support';
import { type Cdr, RunningOffice, until } from './office';

let office: RunningOffice;
beforeEach(async () => {
  office = await RunningOffice.open();
  await office.http('PUT', '/v1/providers/here', '{"preset": "embedded"}');
  await office.http('PUT', '/v1/organization', '{"provider": "here", "mode": "always"}');
  await office.http('PUT', '/v1/locations/Kyiv', '{}');
});
afterEach(() => office.close());

const USERS = [
  'id,location,numbers',
  ...Array.from({ length: 1000 }, (_, at) => `u${at},Kyiv,${3000 + at}`),
].join('\n');

const CHANGED = '3500';
const OTHER = '3501';

describe('a thousand users, imported while calls go on', () => {
  it('are recorded from the next call on, and one who is changed is obeyed by the next', async () => {
    await office.calls([CHANGED, OTHER], 10, 300);
    await until('calls go through', () => office.cdrs().length >= 10);
    const imported = await during(async () => {
      const { json } = await office.http('POST', '/v1/users.csv', USERS, 'text/csv');
      expect(json).toEqual({ imported: 1000 });
    });
    await callsAfter(imported);
    const off = await during(async () => {
      const ran = await twintrack(office.database, 'users', 'set', 'u500', 'mode=never');
      expect(ran).toEqual({ code: 0, out: '', err: '' });
    });
    await callsAfter(off);
    const on = await during(async () => {
      const { status } = await office.http('PATCH', '/v1/users/u500', '{"mode": "always"}');
      expect(status).toBe(200);
    });
    await callsAfter(on);

    const cdrs = office.cdrs().filter(({ end }) => end.code === 200);
    const recorded = (number: string, from: number, until: number) => {
      const those = cdrs.filter(({ dialled, setupAt }) => {
        const at = Date.parse(setupAt);
        return dialled === number && at > from && at < until;
      });
      expect(those.length).toBeGreaterThanOrEqual(5);
      return new Set(those.map(why));
    };
    const never = Number.POSITIVE_INFINITY;
    const byOrganization = new Set(['organization: mode always']);
    for (const number of [CHANGED, OTHER]) {
      expect(recorded(number, 0, imported.from)).toEqual(new Set([undefined]));
      expect(recorded(number, imported.until, off.from)).toEqual(byOrganization);
    }
    expect(recorded(CHANGED, off.until, on.from)).toEqual(new Set([undefined]));
    expect(recorded(CHANGED, on.until, never)).toEqual(new Set(['user u500: mode always']));
    expect(recorded(OTHER, imported.until, never)).toEqual(byOrganization);
  });
});

describe('a live call', () => {
  it('is listed with its recording’s state, and takes commands over HTTP', async () => {
    const alice = { numbers: ['3000'], mode: 'always-pause-resume' };
    await office.http('PUT', '/v1/users/alice', JSON.stringify(alice));
    await office.calls(['3000'], 1, 60_000, 1);
    const look = async () => (await office.http('GET', '/v1/calls')).json.calls[0];
    await until('it is recorded', async () => (await look())?.recordings[0]?.state === 'recording');
    const { id, answeredAt, recordings } = await look();
    const [{ since }] = recordings;
    expect(recordings).toEqual([
      {
        user: 'alice',
        side: 'callee',
        mode: 'always-pause-resume',
        state: 'recording',
        since: expect.any(String),
        pausedBy: null,
      },
    ]);
    expect(Math.abs(Date.parse(since) - Date.parse(answeredAt))).toBeLessThan(20_000);
    const command = (action: string) =>
      office.http('POST', `/v1/calls/${id}/recording`, JSON.stringify({ action }));
    expect(await command('pause')).toMatchObject({
      status: 200,
      json: { result: 'done', recordings: [{ user: 'alice', state: 'paused', pausedBy: 'api' }] },
    });
    expect((await look()).recordings[0]).toMatchObject({ state: 'paused', pausedBy: 'api' });
    expect(await command('stop')).toMatchObject({ status: 403, json: { result: 'forbidden' } });
    expect((await command('resume')).json.recordings[0]).toMatchObject({
      state: 'recording',
      pausedBy: null,
    });
  });
});

const why = ({ recordings: [one] }: Cdr) => one?.because;

/** When something began and ended: what happened in between may have been decided either way. */
async function during(work: () => Promise<void>): Promise<{ from: number; until: number }> {
  const from = Date.now();
  await work();
  return { from, until: Date.now() };
}

/** Waits for calls to both numbers that began after a change. */
function callsAfter({ until: changed }: { readonly until: number }): Promise<void> {
  return until('calls begin after it', () =>
    [CHANGED, OTHER].every((number) => {
      const those = office.cdrs().filter(({ dialled }) => dialled === number);
      return those.filter(({ setupAt }) => Date.parse(setupAt) > changed).length >= 6;
    }),
  );
}
