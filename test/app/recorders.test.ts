import { accountOf, recordersFor, recordingTargets } from '../../src/app/recorders';
import { loadConfig } from '../../src/config';
import type { RecordedUser, SettingsStore } from '../../src/policy';
import type { RecordingClient, RecordingRequest, RecordingTarget } from '../../src/siprec';
import { change, Office, provider, user } from '../policy/settings/support';

const embedded = ['udp/127.0.0.1:5070', 'tcp/127.0.0.1:5071'];

function configOf(uri: string, env: Record<string, string> = {}) {
  const loaded = loadConfig({ env, flags: { recorder: uri } });
  if (!loaded.ok) throw new Error('the configuration is wrong');
  return loaded.config;
}

let office: Office;
let store: SettingsStore;
beforeEach(async () => {
  office = new Office();
  store = await office.open();
});
afterEach(() => office.tearDown());

describe('the recorder of a user', () => {
  it('is where the provider of the settings says, as it stands when the recording starts', async () => {
    const targets = recordingTargets(configOf('none'), embedded, store);
    const at = (endpoint: string) =>
      change(store, [provider('out', { preset: 'custom', endpoint })]);
    await at('sip:rec@192.0.2.1');
    expect(targets?.('out')).toMatchObject([{ name: 'out', uri: 'sip:rec@192.0.2.1' }]);
    await at('sip:rec@192.0.2.2');
    const heedful = { answerTimeoutMs: 5000, checkEveryMs: 10_000 };
    expect(targets?.('out')).toMatchObject([{ uri: 'sip:rec@192.0.2.2', ...heedful }]);
    expect(targets?.('unknown')).toEqual([]);
  });

  it('is the embedded one for its preset, over TCP', async () => {
    await change(store, [provider('here', { preset: 'embedded' })]);
    const uri = 'sip:recorder@127.0.0.1:5071;transport=tcp';
    expect(recordingTargets(configOf('none'), embedded, store)?.('here')).toMatchObject([
      { name: 'here', uri },
    ]);
    expect(recordingTargets(configOf('none'), undefined, store)?.('here')).toEqual([]);
  });

  it('is followed by those that stand by for it, and not by those that stand by for them', async () => {
    const endpoint = 'sip:rec@192.0.2.1';
    const custom = (name: string) => [
      provider(name, { preset: 'custom', endpoint, ...(name === 'b' && { srtp: 'sdes' }) }),
      { do: 'accept-terms', key: name } as const,
    ];
    const wishes = [...custom('a'), ...custom('b'), ...custom('c')];
    expect(await change(store, [...wishes, provider('here', { preset: 'embedded' })])).toEqual([]);
    const standby = (name: string, ...others: string[]) => provider(name, { standby: others });
    expect(await change(store, [standby('a', 'b', 'here'), standby('b', 'c', 'a')])).toEqual([]);
    const names = (running: readonly string[] | undefined) =>
      recordingTargets(configOf('none'), running, store)?.('a').map(({ name }) => name);
    expect(names(embedded)).toEqual(['a', 'b', 'here']);
    expect(names(undefined)).toEqual(['a', 'b']);

    const begun: string[][] = [];
    const client = {
      record: (recorders: readonly RecordingTarget[]) => begun.push(recorders.map((r) => r.name)),
    } as unknown as RecordingClient;
    const targets = recordingTargets(configOf('none'), embedded, store);
    const call = { callId: 'a' } as RecordingRequest;
    const alice = { id: 'alice', provider: 'a' } as RecordedUser;
    recordersFor(targets, client, store)!.start(call, alice);
    // It has no keys for b.
    recordersFor(targets, client, store, 'rtpengine')!.start(call, alice);
    expect(begun).toEqual([
      ['a', 'b', 'here'],
      ['a', 'here'],
    ]);
    const provisional = { ...call, provisional: true as const };
    recordersFor(targets, client, store)!.start(provisional, alice);
    const c = { id: 'alice', provider: 'c' } as RecordedUser;
    expect(() => recordersFor(targets, client, store)!.start(provisional, c)).toThrow(
      /c cannot delete/,
    );
  });

  it('of the configuration has those of the configuration stand by', () => {
    const env = { TWINTRACK_RECORDER__STANDBY: '[embedded, "sip:b@192.0.2.2"]' };
    const targets = recordingTargets(configOf('sip:a@192.0.2.1', env), embedded, undefined);
    expect(targets?.(undefined).map(({ name }) => name)).toEqual([
      'sip:a@192.0.2.1',
      'embedded',
      'sip:b@192.0.2.2',
    ]);
  });

  it("is the configuration's for users of the configuration", () => {
    const config = configOf('sip:rec@192.0.2.9');
    for (const settings of [store, undefined]) {
      expect(recordingTargets(config, undefined, settings)?.(undefined)).toMatchObject([
        { uri: 'sip:rec@192.0.2.9' },
      ]);
    }
    expect(recordingTargets(configOf('none'), undefined, undefined)).toBeUndefined();
  });
});

describe('the recorder', () => {
  it('of the configuration is spoken to as the configuration says', () => {
    const spoken = (env: Record<string, string>) =>
      recordingTargets(configOf('sip:rec@192.0.2.9', env), undefined, undefined)?.(undefined)[0];
    expect(spoken({})?.dialect?.name).toBe('rfc7865');
    expect(spoken({ TWINTRACK_RECORDER__DIALECT: 'broadworks' })?.dialect?.name).toBe('broadworks');
    expect(() => spoken({ TWINTRACK_RECORDER__DIALECT: 'broadsoft' })).toThrow();
  });

  it('of a provider is spoken to in its own dialect, or in that of its preset', async () => {
    const endpoint = 'sip:rec@192.0.2.9';
    const wishes = [
      provider('bureau', { preset: 'dubber', endpoint }),
      provider('plain', { preset: 'dubber', endpoint, dialect: 'rfc7865' }),
      provider('here', { preset: 'embedded' }),
    ];
    expect(await change(store, wishes)).toEqual([]);
    const targets = recordingTargets(configOf('none'), embedded, store)!;
    const spoken = ['bureau', 'plain', 'here'].map((name) => targets(name)[0]?.dialect?.name);
    expect(spoken).toEqual(['broadworks', 'rfc7865', 'rfc7865']);
  });

  it("knows a user by the platform information, and by the provider's account where that has none", async () => {
    const wishes = [
      provider('bureau', {
        preset: 'dubber',
        endpoint: 'sip:rec@192.0.2.9',
        accountServiceProvider: 'P0',
        accountGroup: 'G0',
      }),
      provider('here', { preset: 'embedded' }),
      user('alice', { numbers: ['1001'], serviceProvider: 'P1', externalGroup: 'G1' }),
      user('bob', { numbers: ['1002'], externalIdentifier: 'bob@x' }),
      user('carol', { numbers: ['1003'] }),
    ];
    expect(await change(store, wishes)).toEqual([]);
    const alice = { serviceProvider: 'P1', externalGroup: 'G1' };
    const bob = { serviceProvider: 'P0', externalGroup: 'G0', externalIdentifier: 'bob@x' };
    expect(accountOf(store, 'alice', 'bureau')).toEqual(alice);
    expect(accountOf(store, 'bob', 'bureau')).toEqual(bob);
    expect(accountOf(store, 'carol', 'here')).toBeUndefined();
    expect(accountOf(undefined, 'alice', undefined)).toBeUndefined();

    const begun: Array<[readonly RecordingTarget[], RecordingRequest]> = [];
    const client = {
      record: (recorders: readonly RecordingTarget[], request: RecordingRequest) =>
        begun.push([recorders, request]),
    } as unknown as RecordingClient;
    const targets = recordingTargets(configOf('none'), embedded, store);
    const recorders = recordersFor(targets, client, store)!;
    const request = { callId: 'a' } as RecordingRequest;
    const of = (provider: string) => ({ id: 'bob', provider }) as RecordedUser;
    recorders.start(request, of('bureau'));
    expect(begun).toEqual([
      [[expect.objectContaining({ name: 'bureau', account: bob })], { callId: 'a' }],
    ]);
    expect(() => recorders.start(request, of('gone'))).toThrow(/gone/);

    expect(await change(store, [provider('bureau', { srtp: 'sdes' })])).toEqual([]);
    recorders.start(request, of('bureau'));
    expect(begun.at(-1)![0]).toMatchObject([{ srtp: true }]);
    const overRtpengine = recordersFor(targets, client, store, 'rtpengine')!;
    expect(() => overRtpengine.start(request, of('bureau'))).toThrow(/bureau by SRTP/);
  });
});
