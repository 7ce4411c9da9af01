import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mediaPorts } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import { Baresip, type BaresipOptions } from './baresip';
import { found, likeness, recorded } from './ears';

const SPEECH = join(__dirname, '../../../assets/speech');
const ALICE = join(SPEECH, 'alice.wav');
const BOB = join(SPEECH, 'bob.wav');

interface Leg {
  readonly packets: number;
  readonly lost: number;
  readonly unauthentic: number;
  readonly replayed: number;
}

describe('with baresip and SRTP', () => {
  let directory: string;
  let product: Product;
  let bob: Baresip;
  const open: { remove(): Promise<void> }[] = [];

  /** Bob's phone, who is recorded by SRTP, and Twintrack between it and everybody else. */
  async function set(bobs: BaresipOptions['srtp'], rule: string): Promise<void> {
    directory = mkdtempSync(join(tmpdir(), 'twintrack-srtp-'));
    bob = await Baresip.start({ user: '100', says: BOB, ...(bobs && { srtp: bobs }) });
    open.push(bob);
    product = await startProduct([
      'sip.listen=[udp/127.0.0.1:0, tcp/127.0.0.1:0]',
      'recorder.embedded.listen=[tcp/127.0.0.1:0]',
      `recorder.embedded.directory=${directory}`,
      'recorder.srtp=sdes',
      'sip.maxCalls=4',
      await mediaPorts(200),
      'users=[{number: "100", mode: always}]',
      'peers=[{name: phones, addresses: [127.0.0.0/8]}, ' +
        `{name: bob, addresses: [192.0.2.1], target: "sip:127.0.0.1:${bob.port}", srtp: ${rule}}]`,
      'routes=[{targets: [bob]}]',
      'http.listen=null',
      'log.level=trace',
      `cdr.file=${join(directory, 'calls.jsonl')}`,
    ]);
  }

  async function alice(srtp: BaresipOptions['srtp']): Promise<Baresip> {
    const phone = await Baresip.start({
      user: '200',
      says: ALICE,
      calls: `sip:100@${product.sip.udp}`,
      ...(srtp && { srtp }),
    });
    open.push(phone);
    return phone;
  }

  afterEach(async () => {
    for (const phone of open.splice(0)) await phone.remove();
    await product?.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each<[string, BaresipOptions['srtp'], BaresipOptions['srtp'], string]>([
    ['a caller by SRTP and a callee in the clear', 'srtp-mand', undefined, 'never'],
    ['a caller in the clear and a callee by SRTP', undefined, 'srtp-mand', 'required'],
    ['both by SRTP', 'srtp-mand', 'srtp-mand', 'mirror'],
  ])(
    '%s hear each other, and the recording, itself by SRTP, holds both',
    async (_who, hers, his, rule) => {
      await set(his, rule);
      const phone = await alice(hers);

      await phone.says('terminated');
      await Promise.all([phone.quit(), bob.quit()]);

      expect(likeness(BOB, phone.heard())).toBeGreaterThan(0.95);
      expect(likeness(ALICE, bob.heard())).toBeGreaterThan(0.95);
      expect(await product.stop()).toBe(0);
      const [bobs, alices] = recorded(directory);
      expect(found(BOB, bobs!)).toBeGreaterThan(0.95);
      expect(found(ALICE, alices!)).toBeGreaterThan(0.95);
      const { media, recordings } = callRecord();
      for (const leg of [media[0]!.caller, media[0]!.callee]) {
        // Baresip opens its way through NAT, and takes leave, by RTCP in the clear.
        expect(leg.unauthentic).toBeLessThan(5);
        expect(leg).toMatchObject({ replayed: 0, lost: 0 });
        expect(leg.packets).toBeGreaterThan(200);
      }
      expect(recordings[0]).toMatchObject({ recorded: 'fully' });
      expect(written()).not.toMatch(/inline:|a=crypto/i);
      for (const stream of sidecar().streams) {
        expect(stream).toMatchObject({ unauthentic: 0, replayed: 0 });
        expect(stream.packets).toBeGreaterThan(200);
      }
    },
  );

  test('a caller in the clear is refused by a callee that insists on SRTP', async () => {
    await set('srtp-mand', 'never');
    const phone = await alice(undefined);
    await phone.says('488');
    await phone.quit();
    expect(await product.stop()).toBe(0);
  });

  function callRecord(): {
    media: ReadonlyArray<{ caller: Leg; callee: Leg }>;
    recordings: ReadonlyArray<{ recorded: string }>;
  } {
    return JSON.parse(readFileSync(join(directory, 'calls.jsonl'), 'utf8').split('\n', 1)[0]!);
  }

  /** All that is kept of a call besides its sound, and all that was logged, at the most talkative. */
  function written(): string {
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    const texts = files
      .filter((name) => /\.(json|jsonl|xml|txt)$/.test(name))
      .map((name) => readFileSync(join(directory, name), 'utf8'));
    return [...texts, ...product.log.map((line) => JSON.stringify(line))].join('\n');
  }

  function sidecar(): { streams: readonly Leg[] } {
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    const name = files.find((one) => one.endsWith('.json'))!;
    return JSON.parse(readFileSync(join(directory, name), 'utf8'));
  }
});
