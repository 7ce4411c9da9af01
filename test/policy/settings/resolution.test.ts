import {
  ConfiguredUsers,
  DEFAULTS,
  explainCall,
  SettingsPolicy,
  type SettingsStore,
  type Wish,
} from '../../../src/policy';
import { change, location, Office, organization, provider, SMALL, TO_ALICE, user } from './support';

let office: Office;
let store: SettingsStore;
let policy: SettingsPolicy;
beforeEach(async () => {
  office = new Office();
  store = await office.open();
  policy = new SettingsPolicy(
    store,
    new ConfiguredUsers([
      { number: '+15550100', mode: 'always' },
      { number: '3001', mode: 'always' },
    ]),
  );
  await change(store, SMALL);
});
afterEach(() => office.tearDown());

const set = async (...wishes: Wish[]) => expect(await change(store, wishes)).toEqual([]);

describe('a field', () => {
  it.each([
    [undefined, undefined, undefined, 'never', 'default'],
    ['always', undefined, undefined, 'always', 'organization'],
    ['always', 'on-demand', undefined, 'on-demand', 'location'],
    ['never', undefined, 'always', 'always', 'user'],
    ['always', 'always', 'never', 'never', 'user'],
    [undefined, 'on-demand-keep', 'always-pause-resume', 'always-pause-resume', 'user'],
  ])(
    'of organization %s, location %s and user %s is %s, by the %s',
    async (above, place, own, mode, scope) => {
      await set(
        organization({ mode: above ?? null }),
        location('Kyiv', { mode: place ?? null }),
        user('alice', { mode: own ?? null }),
      );
      const [, called] = explainCall(policy, store.current(), { from: '99', to: '+15550100' });
      expect(called?.fields.find(({ field }) => field === 'mode')).toMatchObject({
        value: mode,
        scope,
      });
      expect(policy.decide(TO_ALICE)).toHaveLength(mode === 'never' ? 0 : 1);
    },
  );

  it('is taken from the narrowest scope each by itself', async () => {
    await set(
      organization({ mode: 'always', reminderTone: true, pauseNotice: 'beep' }),
      location('Kyiv', { reminderIntervalSeconds: 30, toneLevelDbm0: -12 }),
      user('alice', { pauseNotice: 'none', autoResumeSeconds: 60 }),
    );
    expect(policy.decide(TO_ALICE)).toEqual([
      {
        side: 'called',
        id: 'alice',
        name: undefined,
        mode: 'always',
        provider: 'here',
        provenance: {
          scope: 'organization',
          entry: 'organization: mode always',
          matched: 'sip:+15550100@example.com',
        },
        settings: {
          ...DEFAULTS,
          mode: 'always',
          reminderTone: true,
          reminderIntervalSeconds: 30,
          autoResumeSeconds: 60,
          toneLevelDbm0: -12,
        },
        internal: false,
      },
    ]);
  });
});

describe('the provider', () => {
  const other = provider('other', { preset: 'embedded' });

  it.each([
    ['here', undefined, 'here'],
    ['here', 'other', 'other'],
    ['none', 'other', 'other'],
    ['here', 'none', undefined],
    ['none', undefined, undefined],
    [undefined, undefined, undefined],
  ])('of organization %s and location %s is %s', async (above, place, expected) => {
    await set(other, organization({ provider: above ?? null, mode: 'always' }));
    await set(location('Kyiv', { provider: place ?? null }));
    expect(policy.decide(TO_ALICE).map((one) => one.provider)).toEqual(
      expected === undefined ? [] : [expected],
    );
  });

  it('none switches recording off beneath, and the settings wait', async () => {
    await set(user('alice', { mode: 'always' }), location('Kyiv', { provider: 'none' }));
    const [, called] = explainCall(policy, store.current(), { from: '99', to: '+15550100' });
    expect(called).toMatchObject({ recorded: false, because: 'location Kyiv: no provider' });
    expect(policy.forbids(TO_ALICE, 'called')).toBe(true);
    expect(policy.forbids(TO_ALICE, 'caller')).toBe(false);
    await set(location('Kyiv', { provider: null }));
    expect(policy.decide(TO_ALICE)).toMatchObject([{ mode: 'always', provider: 'here' }]);
    expect(policy.forbids(TO_ALICE, 'called')).toBe(false);
  });
});

describe('users of the configuration', () => {
  it('are asked only for whom the settings do not know', async () => {
    expect(policy.decide(TO_ALICE)).toEqual([]);
    const call = { callerIdentities: ['sip:3001@x'], calledIdentities: [] };
    expect(policy.decide(call)).toEqual([
      {
        side: 'caller',
        id: '3001',
        name: undefined,
        mode: 'always',
        settings: { ...DEFAULTS, mode: 'always' },
        provenance: { scope: 'user', entry: 'number 3001', matched: 'sip:3001@x' },
        internal: false,
      },
    ]);
    const [caller] = explainCall(policy, store.current(), { from: '3001', to: '99' });
    expect(caller).toMatchObject({
      recorded: true,
      because: 'configuration, number 3001: mode always',
      fields: [],
    });
  });
});

describe('a party with several identities', () => {
  it('is the user whom the most trusted names', async () => {
    await set(user('alice', { mode: 'never' }), user('bob', { numbers: ['2001'], mode: 'always' }));
    const call = (...callerIdentities: string[]) => ({ callerIdentities, calledIdentities: [] });
    expect(policy.decide(call('sip:alice@EXAMPLE.com', 'sip:2001@x'))).toEqual([]);
    expect(policy.decide(call('sip:2001@x', 'sip:alice@example.com'))).toHaveLength(1);
  });
});

describe('a call that reaches voicemail', () => {
  const atVoicemail = {
    callerIdentities: ['sip:+15559999@x'],
    calledIdentities: ['sip:8000@x'],
    divertedFrom: ['sip:+15550100@x'],
  };

  beforeEach(() => set(organization({ mode: 'always', voicemailNumbers: ['8000'] })));

  it('is recorded for whom it was meant, only where that is on', async () => {
    expect(policy.decide(atVoicemail)).toEqual([]);
    await set(location('Kyiv', { recordVoicemail: true }));
    expect(policy.decide(atVoicemail)).toMatchObject([{ id: 'alice', side: 'called' }]);
  });

  it('is told of with the scope that decides', async () => {
    const [caller] = explainCall(policy, store.current(), { from: '+15550100', to: '8000' });
    expect(caller).toMatchObject({
      recorded: false,
      because: 'default: recordVoicemail false, and voicemail is reached',
    });
  });

  it('is another thing than a call that was diverted to a person', async () => {
    const elsewhere = { ...atVoicemail, calledIdentities: ['sip:9000@x'] };
    expect(policy.decide(elsewhere)).toEqual([]);
    await set(organization({ voicemailNumbers: null }));
    expect(policy.decide(atVoicemail)).toEqual([]);
    expect(policy.decide(TO_ALICE)).toHaveLength(1);
  });
});
