import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { correlate, readWav } from '../../../src/media';
import { mediaPorts } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import { Rtpengine } from '../../support/rtpengine';
import { Baresip } from './baresip';
import { found, foundLater, likeness, long, mono8k, recorded } from './ears';
import { Linphone } from './linphone';

const SPEECH = join(__dirname, '../../../assets/speech');
const ALICE = join(SPEECH, 'alice.wav');
const BOB = join(SPEECH, 'bob.wav');

describe('with softphones from Debian', () => {
  let directory: string;
  let says: string;
  let product: Product;
  let bob: Baresip;
  const open: { remove(): Promise<void> }[] = [];

  /** Bob's phone, and Twintrack with a route to it, who is recorded. */
  async function set(
    transport: 'udp' | 'tcp',
    plane: 'relay' | 'rtpengine' = 'relay',
  ): Promise<void> {
    directory = mkdtempSync(join(tmpdir(), 'twintrack-softphones-'));
    says = mkdtempSync(join(tmpdir(), 'twintrack-says-'));
    bob = await Baresip.start({ user: '100', says: long(BOB, says), transport });
    open.push(bob);
    product = await startProduct([
      'sip.listen=[udp/127.0.0.1:0, tcp/127.0.0.1:0]',
      'recorder.embedded.listen=[tcp/127.0.0.1:0]',
      `recorder.embedded.directory=${directory}`,
      'sip.maxCalls=4',
      ...(await mediaOf(plane)),
      'users=[{number: "100", mode: always}]',
      `routes=[{targets: ["sip:100@127.0.0.1:${bob.port};transport=${transport}"]}]`,
      'http.listen=null',
      'cdr.file=null',
    ]);
  }

  /** What moves the audio. */
  async function mediaOf(plane: 'relay' | 'rtpengine'): Promise<string[]> {
    if (plane === 'relay') return [await mediaPorts(200)];
    const daemon = await Rtpengine.start();
    open.push({ remove: () => daemon.kill() });
    return daemon.settings;
  }

  afterEach(async () => {
    for (const phone of open.splice(0)) await phone.remove();
    await product?.kill();
    for (const one of [directory, says]) rmSync(one, { recursive: true, force: true });
  });

  test.each([
    ['udp', 'relay'],
    ['tcp', 'relay'],
    ['udp', 'rtpengine'],
  ] as const)(
    'two baresips hear each other over %s and %s, and the recording holds both',
    async (transport, plane) => {
      await set(transport, plane);
      const alice = await Baresip.start({
        user: '200',
        says: ALICE,
        transport,
        calls: `sip:100@${product.sip[transport]};transport=${transport}`,
      });
      open.push(alice);

      // The end of her file hangs up.
      await alice.says('terminated');
      await Promise.all([alice.quit(), bob.quit()]);

      expect(likeness(BOB, alice.heard())).toBeGreaterThan(0.95);
      expect(likeness(ALICE, bob.heard())).toBeGreaterThan(0.95);
      expect(await product.stop()).toBe(0);
      const [bobs, alices] = recorded(directory);
      // What was said until the recorder had answered is there if the plane keeps it.
      const recordedOf = plane === 'relay' ? found : foundLater;
      expect(recordedOf(BOB, bobs!)).toBeGreaterThan(0.95);
      expect(recordedOf(ALICE, alices!)).toBeGreaterThan(0.95);
    },
  );

  test('baresip holds the call and takes it back, and its party hears it again', async () => {
    await set('udp');
    const alice = await Baresip.start({
      user: '200',
      says: long(ALICE, says),
      calls: `sip:100@${product.sip.udp}`,
    });
    open.push(alice);
    await alice.says('Call established');
    await pass(1_500);

    // Bob's baresip says so each time that its stream is negotiated.
    const negotiated = "stream: update 'audio'";
    await alice.command('hold');
    await bob.says(negotiated, 2);
    await pass(700);
    await alice.command('resume');
    await bob.says(negotiated, 3);
    await pass(1_500);
    await alice.command('hangup');
    await bob.says('terminated');
    await Promise.all([alice.quit(), bob.quit()]);

    // The last piece that Bob's ear has is from after the hold; Alice's file has begun anew or gone on.
    const loud = bob.heard().map((wav) => loudness(readWav(wav).channels[0]!));
    expect(loud.at(-1)!).toBeGreaterThan(200);
    expect(await product.stop()).toBe(0);
    expect(product.log.some((line) => line.msg === 'call ended' && line.by === 'caller')).toBe(
      true,
    );
  });

  test('linphonec and baresip hear each other, and the recording holds both', async () => {
    await set('udp');
    const linphone = await Linphone.start({ says: ALICE });
    open.push(linphone);
    linphone.command(`call sip:100@${product.sip.udp}`);

    await linphone.says('connected');
    await pass(7_000);
    linphone.command('terminate');
    await linphone.says('ended');
    await bob.says('terminated');
    await Promise.all([linphone.quit(), bob.quit()]);

    expect(likeness(ALICE, bob.heard())).toBeGreaterThan(0.95);
    expect(knows(mono8k(linphone.heard()), BOB)).toBeGreaterThan(0.8);
    expect(await product.stop()).toBe(0);
    const [bobs, alices] = recorded(directory);
    expect(found(BOB, bobs!)).toBeGreaterThan(0.95);
    expect(found(ALICE, alices!)).toBeGreaterThan(0.95);
  });
});

/**
 * How well the best half second of what was spoken is heard: linphonec's ear has a clock of its own, which
 * slips where the machine is busy, so that longer pieces are not in one piece there.
 */
function knows(heard: Int16Array, spoken: string): number {
  const samples = mono8k(readFileSync(spoken)).subarray(0, 32_000);
  const pieces = Array.from({ length: 8 }, (_, n) => samples.subarray(4_000 * n, 4_000 * (n + 1)));
  return Math.max(...pieces.map((piece) => correlate(piece, heard, 8_000).coefficient));
}

/** Root mean square. */
function loudness(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
