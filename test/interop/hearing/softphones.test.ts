import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav } from '../../../src/media';
import { openSqliteSettings } from '../../../src/policy';
import { change, organization, provider, user } from '../../policy/settings/support';
import { mediaPorts } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import { Baresip } from '../softphones/baresip';
import { found, prompt } from './judge';

const SPEECH = join(__dirname, '../../../assets/speech');

describe('with softphones from Debian', () => {
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-heard-'));
  const open: Baresip[] = [];
  let product: Product;

  afterAll(async () => {
    for (const phone of open) await phone.remove();
    await product?.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  it('both baresips hear that they are recorded, and the recording does not', async () => {
    const database = join(directory, 'settings.db');
    const store = await openSqliteSettings(database);
    const wrong = await change(store, [
      provider('here', { preset: 'embedded' }),
      organization({ provider: 'here', mode: 'always', announceTrunk: true }),
      user('bob', { numbers: ['100'] }),
    ]);
    await store.close();
    expect(wrong).toEqual([]);
    const bob = await Baresip.start({ user: '100', says: join(SPEECH, 'bob.wav') });
    open.push(bob);
    product = await startProduct([
      'sip.listen=[udp/127.0.0.1:0, tcp/127.0.0.1:0]',
      'recorder.embedded.listen=[tcp/127.0.0.1:0]',
      `recorder.embedded.directory=${join(directory, 'recordings')}`,
      `settings.database=${database}`,
      'sip.maxCalls=4',
      await mediaPorts(200),
      `routes=[{targets: ["sip:100@127.0.0.1:${bob.port}"]}]`,
      'http.listen=null',
      'cdr.file=null',
    ]);
    const alice = await Baresip.start({
      user: '200',
      says: join(SPEECH, 'alice.wav'),
      calls: `sip:100@${product.sip.udp}`,
    });
    open.push(alice);
    // Her file is the shorter one, and its end hangs up.
    await alice.says('terminated');
    await Promise.all([alice.quit(), bob.quit()]);
    expect(await product.stop()).toBe(0);

    const words = prompt('start', 8000);
    for (const phone of [alice, bob]) {
      const heard = phone.heard().map((wav) => readWav(wav).channels[0]!);
      const likeness = heard.map((samples) => found(words, samples, 8000).coefficient);
      expect(Math.max(...likeness)).toBeGreaterThan(0.9);
    }
    const recordings = join(directory, 'recordings');
    const files = readdirSync(recordings, { recursive: true, encoding: 'utf8' });
    const [wav, ...others] = files.filter((name) => name.endsWith('.wav'));
    expect(others).toEqual([]);
    for (const channel of readWav(readFileSync(join(recordings, wav!))).channels) {
      expect(found(words, channel, 8000).coefficient).toBeLessThan(0.5);
    }
  });
});
