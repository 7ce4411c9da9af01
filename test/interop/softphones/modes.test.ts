import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mediaPorts } from '../../support/ports';
import { type Product, startProduct } from '../../support/product';
import { Baresip } from './baresip';
import { found, foundLater, long, recorded } from './ears';

const SPEECH = join(__dirname, '../../../assets/speech');
const ALICE = join(SPEECH, 'alice.wav');
const BOB = join(SPEECH, 'bob.wav');
const TOKEN = 'a-token-of-the-test';

interface LiveCall {
  readonly id: string;
  readonly recordings: ReadonlyArray<{ readonly state: string }>;
}

/** Two baresips from Debian talk; Bob's user has a mode, and what he wants goes by HTTP. */
describe('a call between softphones, to a user whose mode is', () => {
  let directory: string;
  let product: Product;
  let alice: Baresip;
  let bob: Baresip;

  async function talk(mode: string): Promise<void> {
    directory = mkdtempSync(join(tmpdir(), 'twintrack-modes-'));
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
    bob = await Baresip.start({ user: '100', says: long(BOB, directory) });
    product = await startProduct([
      'sip.listen=[udp/127.0.0.1:0, tcp/127.0.0.1:0]',
      'recorder.embedded.listen=[tcp/127.0.0.1:0]',
      `recorder.embedded.directory=${join(directory, 'recordings')}`,
      await mediaPorts(200),
      'sip.maxCalls=4',
      `settings.database=${join(directory, 'settings.db')}`,
      `routes=[{targets: ["sip:100@127.0.0.1:${bob.port}"]}]`,
      'http.listen=127.0.0.1:0',
      `http.tokenFile=${tokenFile}`,
      'cdr.file=null',
    ]);
    await set('/v1/providers/here', { preset: 'embedded' });
    await set('/v1/organization', { provider: 'here' });
    await set('/v1/users/bob', { numbers: ['100'], mode });
    alice = await Baresip.start({
      user: '200',
      says: long(ALICE, directory),
      calls: `sip:100@${product.sip.udp}`,
    });
    await alice.says('Call established');
  }

  afterEach(async () => {
    for (const phone of [alice, bob]) await phone?.remove();
    await product?.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  async function ask(path: string, body?: object, method = body ? 'POST' : 'GET') {
    return fetch(`http://127.0.0.1:${product.http}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async function set(path: string, values: object): Promise<void> {
    const answer = await ask(path, values, 'PUT');
    expect([answer.status, await answer.text()]).toEqual([200, expect.anything()]);
  }

  async function wants(action: string): Promise<number> {
    const { calls } = (await (await ask('/v1/calls')).json()) as { calls: LiveCall[] };
    return (await ask(`/v1/calls/${calls[0]!.id}/recording`, { action })).status;
  }

  async function hangUp(): Promise<void> {
    await alice.command('hangup');
    await bob.says('terminated');
    await Promise.all([alice.quit(), bob.quit()]);
    expect(await product.stop()).toBe(0);
  }

  function recordings(): string[] {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.startsWith('recordings') && name.endsWith('.wav'),
    );
  }

  const kept = () => recorded(join(directory, 'recordings'));

  test('always: all of it is recorded, whatever the user wants', async () => {
    await talk('always');
    await pass(1_000);
    expect(await wants('pause')).toBe(403);
    expect(await wants('stop')).toBe(403);
    await pass(3_500);
    await hangUp();
    const [bobs, alices] = kept();
    expect(found(BOB, bobs!)).toBeGreaterThan(0.95);
    expect(found(ALICE, alices!)).toBeGreaterThan(0.95);
  });

  test('always-pause-resume: nothing of a pause is recorded, and the rest is in its place', async () => {
    await talk('always-pause-resume');
    await pass(1_000);
    expect(await wants('pause')).toBe(200);
    await pass(1_500);
    expect(await wants('resume')).toBe(200);
    await pass(2_000);
    expect(await wants('stop')).toBe(403);
    await hangUp();
    for (const channel of kept()) {
      expect(longestSilence(channel)).toBeGreaterThan(1_300 * 8);
      expect(channel.subarray(-12_000).some((sample) => Math.abs(sample) > 500)).toBe(true);
    }
  });

  test('on-demand: what is said between start and stop is recorded, and nothing else', async () => {
    await talk('on-demand');
    await pass(1_000);
    expect(recordings()).toEqual([]);
    expect(await wants('pause')).toBe(409);
    const began = performance.now();
    expect(await wants('start')).toBe(200);
    await pass(2_500);
    expect(await wants('stop')).toBe(200);
    const tookMs = performance.now() - began;
    await pass(1_000);
    await hangUp();
    const [bobs, alices] = kept();
    expect(foundLater(long(BOB, directory), bobs!)).toBeGreaterThan(0.95);
    expect(foundLater(long(ALICE, directory), alices!)).toBeGreaterThan(0.95);
    expect(bobs!.length).toBeLessThan((tookMs + 500) * 8);
  });

  test('on-demand-keep: from the first word if the user asks before the end', async () => {
    await talk('on-demand-keep');
    await pass(4_500);
    expect(await wants('start')).toBe(200);
    await hangUp();
    const [bobs, alices] = kept();
    expect(found(BOB, bobs!)).toBeGreaterThan(0.95);
    expect(found(ALICE, alices!)).toBeGreaterThan(0.95);
  });

  test('on-demand-keep: without a trace if nobody has asked', async () => {
    await talk('on-demand-keep');
    await pass(2_000);
    await hangUp();
    expect(recordings()).toEqual([]);
  });

  test('never: nothing is recorded, and nothing can be', async () => {
    await talk('never');
    await pass(1_000);
    expect(await wants('start')).toBeGreaterThanOrEqual(403);
    await hangUp();
    expect(recordings()).toEqual([]);
  });
});

/** In samples. */
function longestSilence(samples: Int16Array): number {
  let longest = 0;
  let length = 0;
  for (const sample of samples) {
    length = sample === 0 ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
