import type { SettingsStore, Wish } from '../../../src/policy';
import { change, location, Office, organization, provider, SMALL, user } from './support';

let office: Office;
let store: SettingsStore;
beforeEach(async () => {
  office = new Office();
  store = await office.open();
});
afterEach(() => office.tearDown());

const uri = 'sip:rec@192.0.2.1:5060;transport=tcp';

describe('a value that cannot be', () => {
  it.each([
    [
      organization({ reminderIntervalSeconds: 5 }),
      'organization: reminderIntervalSeconds: wants a whole number from 10 to 90, got 5',
    ],
    [
      organization({ mode: 'alwys' }),
      'organization: mode: wants always, always-pause-resume, on-demand, on-demand-keep or never, got "alwys"; the nearest is always',
    ],
    [
      organization({ recordVoicemail: 'maybe' }),
      'organization: recordVoicemail: wants true or false, got "maybe"',
    ],
    [organization({ moed: 'always' }), 'organization: moed: no such field; the nearest is mode'],
    [
      organization({ provider: 'dubbr' }),
      'organization: provider: there is no provider "dubbr"; the nearest is none',
    ],
    [
      organization({ autoResumeSeconds: 99_999 }),
      'organization: autoResumeSeconds: wants a whole number from 1 to 3600, or 0 for never, got 99999',
    ],
    [
      organization({ toneLevelDbm0: 0, toneFrequencyHz: 3401 }),
      'organization: toneLevelDbm0: wants a whole number from -40 to -3, got 0',
      'organization: toneFrequencyHz: wants a whole number from 300 to 3400, got 3401',
    ],
    [
      organization({ codeStart: '44A' }),
      'organization: codeStart: wants 2 to 8 of 0-9, * and #, or off, got "44A"',
    ],
    [
      organization({ __proto__x: 1 }),
      'organization: __proto__x: no such field; the nearest is provider',
    ],
    [
      location('Kyiv\n', {}),
      `location Kyiv\n: wants a name of at most 128 letters, digits, spaces and . _ @ + - ' * #, got "Kyiv\\n"`,
    ],
    [
      user('alice', {}),
      'user alice: numbers: wants a number or an aor: without one, no call can be told to be of this user',
    ],
    [
      user('alice', { numbers: ['one'] }),
      'user alice: numbers: wants at most 16, each a telephone number such as +15550100, or an extension, got ["one"]',
    ],
    [
      user('alice', { numbers: ['1'], location: 'Lviv' }),
      'user alice: location: there is no location "Lviv"; there are none yet: make it first',
    ],
    [
      provider('none', { preset: 'embedded' }),
      'provider none: "none" says that nobody records: take another name',
    ],
    [
      provider('x', {}),
      'provider x: preset: is missing: dubber, imagicle, callcabinet, embedded or custom',
    ],
    [
      provider('x', { preset: 'dubber' }),
      "provider x: endpoint: is missing: the SIP URI that the recorder's operator gave you, as sip:rec@192.0.2.1:5060;transport=tcp",
    ],
    [
      provider('x', { preset: 'custom', endpoint: 'http://x' }),
      'provider x: endpoint: wants a SIP URI such as sip:rec@192.0.2.1:5060;transport=tcp, got "http://x"',
    ],
    [
      provider('x', { preset: 'embedded', endpoint: uri }),
      'provider x: endpoint: is not wanted: the embedded recorder is reached by itself; use preset custom otherwise',
    ],
  ] as [Wish, ...string[]][])('is refused with what to do: %j', async (wish, ...told) => {
    expect(await change(store, [wish])).toEqual(told);
    expect(await store.audit({ limit: 10 })).toEqual([]);
  });
});

describe('the endpoint of a provider', () => {
  it.each([
    ['sip:192.0.2.1', true],
    ['sip:rec@recorder.example.com:5080;transport=udp', true],
    ['sip:rec@[2001:db8::1]:5060', true],
    ['sip:rec@192.0.2.1:99999', false],
    ['sip:rec@192.0.2.1:0', false],
    ['sip:rec:secret@192.0.2.1', false],
    ['sip:rec@192.0.2.1?subject=x', false],
    ['tel:+15550100', false],
    ['sip:rec@', false],
  ])('%s is taken: %s', async (endpoint, taken) => {
    const told = await change(store, [provider('x', { preset: 'custom', endpoint })]);
    expect(told.length === 0).toBe(taken);
  });
});

describe('a provider from outside', () => {
  const dub = provider('dub', { preset: 'dubber', endpoint: uri });

  it('is chosen only after its terms were accepted, by name and time', async () => {
    await change(store, [dub]);
    const refused =
      'organization: provider: the terms of service of "dub" have not been accepted: accept them first (accept-terms)';
    expect(await change(store, [organization({ provider: 'dub' })])).toEqual([refused]);
    const at = new Date('2026-01-15T14:00:00Z');
    expect(await change(store, [{ do: 'accept-terms', key: 'dub' }], at)).toEqual([]);
    expect(await change(store, [organization({ provider: 'dub' })])).toEqual([]);
    expect(store.current().get('provider', 'dub')?.values).toMatchObject({
      termsAcceptedBy: 'user-admin',
      termsAcceptedAt: '2026-01-15T14:00:00.000Z',
    });
  });

  it('has the dialect of its preset, unless it names another', async () => {
    await change(store, [dub, provider('other', { preset: 'embedded', dialect: 'broadworks' })]);
    const dialectOf = (key: string) => store.current().get('provider', key)?.values.dialect;
    expect([dialectOf('dub'), dialectOf('other')]).toEqual(['broadworks', 'broadworks']);
    await change(store, [provider('other', { dialect: null })]);
    expect(dialectOf('other')).toBe('rfc7865');
  });

  it('has its acceptance from nobody but who accepts', async () => {
    const forged = provider('dub', { preset: 'dubber', endpoint: uri, termsAcceptedAt: 'now' });
    expect(await change(store, [forged])).toEqual([
      'provider dub: termsAcceptedAt: cannot be set: accept the terms (accept-terms), and it is written',
    ]);
  });

  it('keeps its acceptance when it is written anew, and cannot become another', async () => {
    await change(store, [dub, { do: 'accept-terms', key: 'dub' }]);
    expect(await change(store, [{ ...dub, whole: true } as typeof dub])).toEqual([]);
    expect(store.current().get('provider', 'dub')?.values.termsAcceptedBy).toBe('user-admin');
    expect(await change(store, [provider('dub', { preset: 'custom' })])).toEqual([
      'provider dub: preset: is dubber and cannot become custom, whose terms are others: make a new provider',
    ]);
  });
});

describe('providers that stand by', () => {
  const dub = provider('dub', { preset: 'dubber', endpoint: uri });
  const here = provider('here', { preset: 'embedded' });
  const standby = (key: string, ...others: string[]) => provider(key, { standby: others });

  beforeEach(() => change(store, [dub, { do: 'accept-terms', key: 'dub' }, here]));

  it('are others, known, and with their terms accepted', async () => {
    await change(store, [provider('east', { preset: 'dubber', endpoint: uri })]);
    expect(await change(store, [standby('dub', 'heer', 'dub', 'east')])).toEqual([
      'provider dub: standby: there is no provider "heer"; the nearest is here',
      'provider dub: standby: "dub" cannot stand by for itself: name another',
      'provider dub: standby: the terms of service of "east" have not been accepted: accept them first (accept-terms)',
    ]);
    expect(await change(store, [standby('dub', 'here', 'here')])).toEqual([]);
    expect(store.current().get('provider', 'dub')?.values.standby).toEqual(['here']);
  });

  it('may stand by for each other, and are not removed while they do', async () => {
    expect(await change(store, [standby('dub', 'here'), standby('here', 'dub')])).toEqual([]);
    expect(await change(store, [{ do: 'remove', kind: 'provider', key: 'here' }])).toEqual([
      'provider here: is used by provider dub: change them first',
    ]);
    expect(await change(store, [provider('dub', { standby: null })])).toEqual([]);
    expect(await change(store, [{ do: 'remove', kind: 'provider', key: 'here' }])).toEqual([]);
  });
});

describe('entries that need one another', () => {
  beforeEach(() => change(store, SMALL));

  it('are not removed from under each other', async () => {
    expect(
      await change(store, [
        { do: 'remove', kind: 'location', key: 'Kyiv' },
        { do: 'remove', kind: 'provider', key: 'here' },
      ]),
    ).toEqual([
      'location Kyiv: is used by user alice: change them first',
      'provider here: is used by organization: change them first',
    ]);
  });

  it('go together', async () => {
    const wishes = [
      { do: 'remove', kind: 'location', key: 'Kyiv' },
      { do: 'remove', kind: 'user', key: 'alice' },
    ] as const;
    expect(await change(store, wishes)).toEqual([]);
  });

  it('cannot be removed when they are not there', async () => {
    expect(await change(store, [{ do: 'remove', kind: 'user', key: 'zoe' }])).toEqual([
      'there is no user zoe',
    ]);
  });
});

describe('an identity', () => {
  beforeEach(() => change(store, SMALL));

  it('belongs to one user, with and without its +', async () => {
    const told =
      'user bob: numbers: 15550100 belongs to user alice already: take it from there first';
    expect(await change(store, [user('bob', { numbers: ['15550100'] })])).toEqual([told]);
  });

  it('belongs to one user among many that are made together', async () => {
    const told = await change(store, [
      user('bob', { numbers: ['2001'] }),
      user('carol', { numbers: ['2001'] }),
    ]);
    expect(told).toEqual([
      'user carol: numbers: 2001 belongs to user bob already: take it from there first',
    ]);
  });

  it('may be swapped in one change', async () => {
    await change(store, [user('bob', { numbers: ['2001'] })]);
    const swap = [user('alice', { numbers: ['2001'] }), user('bob', { numbers: ['+15550100'] })];
    expect(await change(store, swap)).toEqual([]);
    const found = store.current().userOf({ number: '+15550100', aor: undefined });
    expect(found?.key).toBe('bob');
    expect(store.current().userOf({ number: '2001', aor: undefined })?.key).toBe('alice');
  });
});

describe('turning recording off for a user', () => {
  it("clears the user's settings and keeps who the user is", async () => {
    const identity = { numbers: ['1001'], name: 'Bob', externalGroup: 'G1' };
    const bob = user('bob', { ...identity, mode: 'always', reminderTone: true });
    await change(store, [bob]);
    expect(await change(store, [user('bob', { mode: 'never' })])).toEqual([]);
    expect(store.current().get('user', 'bob')?.values).toEqual({ ...identity, mode: 'never' });
  });

  it('leaves nothing to be set until it is on again', async () => {
    await change(store, [user('bob', { numbers: ['1001'], mode: 'never' })]);
    const told =
      'user bob: reminderTone: cannot be set while mode is never: choose another mode with it, or leave it out';
    expect(await change(store, [user('bob', { reminderTone: true })])).toEqual([told]);
    const both = { reminderTone: true, mode: 'always' };
    expect(await change(store, [user('bob', both)])).toEqual([]);
  });
});

describe('feature codes', () => {
  const alike = (one: string, other: string) =>
    `${one} cannot be told from ${other} while it is dialled: take codes of which none begins another, or off`;
  const bob = (values: Record<string, unknown>) => user('bob', { numbers: ['1001'], ...values });

  it.each([
    ['another', { codeStart: '*48' }, 'codeStart', '*48', 'codePause *48 (default)'],
    ['the beginning of one', { codeStop: '*4' }, 'codeStop', '*4', 'codeStart *44 (default)'],
    ['longer than one', { codePause: '*455' }, 'codePause', '*455', 'codeStop *45 (default)'],
  ])('are refused when one is %s', async (_what, values, field, code, other) => {
    const told = `organization: ${field}: ${alike(code, other)}`;
    expect(await change(store, [organization(values)])).toEqual([told]);
  });

  it('are judged as they will be, and may be off', async () => {
    const swapped = { codeStart: '*45', codeStop: '*44', codePause: 'off', codeResume: 'off' };
    expect(await change(store, [organization(swapped)])).toEqual([]);
  });

  it('may not be alike with those of a wider scope, nor a wider one made so', async () => {
    await change(store, [...SMALL, organization({ codeStart: '#1' }), bob({ location: 'Kyiv' })]);
    expect(await change(store, [bob({ codeStop: '#11' })])).toEqual([
      `user bob: codeStop: ${alike('#11', 'codeStart #1 (organization)')}`,
    ]);
    expect(await change(store, [bob({ codeStop: '#2' })])).toEqual([]);
    const beneath = 'would leave user bob with two codes alike: its codeStop';
    expect(await change(store, [location('Kyiv', { codePause: '#22' })])).toEqual([
      `location Kyiv: codePause: ${beneath} ${alike('#2', 'codePause #22 (location Kyiv)')}`,
    ]);
    const together = [location('Kyiv', { codePause: '#22' }), bob({ codeStop: null })];
    expect(await change(store, together)).toEqual([]);
  });
});
