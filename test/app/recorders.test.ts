import { recordingTargets } from '../../src/app/recorders';
import { loadConfig } from '../../src/config';
import type { SettingsStore } from '../../src/policy';
import { change, Office, provider } from '../policy/settings/support';

const embedded = ['udp/127.0.0.1:5070', 'tcp/127.0.0.1:5071'];

function configOf(uri: string) {
  const loaded = loadConfig({ env: {}, flags: { recorder: uri } });
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
    expect(targets?.('out')).toMatchObject({ name: 'out', uri: 'sip:rec@192.0.2.1' });
    await at('sip:rec@192.0.2.2');
    expect(targets?.('out')).toMatchObject({ uri: 'sip:rec@192.0.2.2', answerTimeoutMs: 5000 });
    expect(targets?.('unknown')).toBeUndefined();
  });

  it('is the embedded one for its preset, over TCP', async () => {
    await change(store, [provider('here', { preset: 'embedded' })]);
    const uri = 'sip:recorder@127.0.0.1:5071;transport=tcp';
    expect(recordingTargets(configOf('none'), embedded, store)?.('here')).toMatchObject({
      name: 'here',
      uri,
    });
    expect(recordingTargets(configOf('none'), undefined, store)?.('here')).toBeUndefined();
  });

  it("is the configuration's for users of the configuration", () => {
    const config = configOf('sip:rec@192.0.2.9');
    for (const settings of [store, undefined]) {
      expect(recordingTargets(config, undefined, settings)?.(undefined)).toMatchObject({
        uri: 'sip:rec@192.0.2.9',
      });
    }
    expect(recordingTargets(configOf('none'), undefined, undefined)).toBeUndefined();
  });
});
