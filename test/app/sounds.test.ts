import { soundsOf } from '../../src/app/sounds';
import { DEFAULTS, type SettingsStore } from '../../src/policy';
import { addPrompt, EmbeddedPrompts } from '../../src/tones';
import { wav } from '../api/support';
import { ALICE, Office } from '../policy/settings/support';

const PCMU = [{ payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 }];

let office: Office;
let store: SettingsStore;
beforeEach(async () => {
  office = new Office();
  store = await office.open();
});
afterEach(() => office.tearDown());

const samples = (seconds: number) =>
  Array.from({ length: 8000 * seconds }, (_, n) => Math.round(8000 * Math.sin(n / 5)));
const add = (file: Buffer) =>
  addPrompt(store, { by: ALICE, at: new Date() }, 'greeting', { kind: 'wav', file });

describe('what parties hear', () => {
  it('is the prompt that the settings name, as it was last added, and the shipped one elsewhere', async () => {
    const sounds = soundsOf(new EmbeddedPrompts(), store);
    const settings = { ...DEFAULTS, promptStart: 'greeting', language: 'uk' } as const;
    expect(await add(wav(samples(2)))).toEqual([]);
    const { sha256 } = store.current().get('prompt', 'greeting')!.values;
    expect(await sounds.prompt('start', settings, PCMU)).toMatchObject({
      lengthMs: 2000,
      fileHash: sha256,
    });
    await add(wav(samples(3)));
    expect((await sounds.prompt('start', settings, PCMU)).lengthMs).toBe(3000);
    const shipped = await soundsOf(new EmbeddedPrompts(), undefined).prompt('stop', settings, PCMU);
    expect((await sounds.prompt('stop', settings, PCMU)).fileHash).toBe(shipped.fileHash);
  });

  it('is a tone of the frequency, length and level that are set', async () => {
    const sounds = soundsOf(new EmbeddedPrompts(), store);
    const usual = await sounds.tone(DEFAULTS, PCMU);
    const long = await sounds.tone({ ...DEFAULTS, toneLengthMs: 500 }, PCMU);
    expect([usual.lengthMs, long.lengthMs]).toEqual([200, 500]);
  });
});
