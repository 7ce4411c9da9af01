import {
  DEFAULTS,
  type NewPrompt,
  ownPrompt,
  promptNamed,
  type SettingsStore,
  type Wish,
} from '../../../src/policy';
import { change, location, Office, organization, SMALL, user } from './support';

let office: Office;
let store: SettingsStore;
beforeEach(async () => {
  office = new Office();
  store = await office.open();
  await change(store, SMALL);
});
afterEach(() => office.tearDown());

/** The store takes the hash that it is told: here one that is easy to read. */
const sound = (sha256: string): NewPrompt => ({
  kind: 'wav',
  wav: Buffer.from(`sound ${sha256}`),
  sha256,
  sourceSha256: `source of ${sha256}`,
  lengthMs: 1500,
});
const put = (key: string, prompt = sound('abc')): Wish => ({ do: 'put-prompt', key, prompt });
const heard = (moment: 'start' | 'pause', settings = {}) =>
  ownPrompt(store, moment, { ...DEFAULTS, ...settings });

describe('a prompt of one’s own', () => {
  it('is what a setting names, and the shipped one is none', async () => {
    expect(
      await change(store, [put('greeting'), organization({ promptStart: 'greeting' })]),
    ).toEqual([]);
    expect(await heard('start', { promptStart: 'greeting' })).toEqual({
      kind: 'wav',
      sha256: 'abc',
      wav: Buffer.from('sound abc'),
    });
    expect(await heard('pause', { promptStart: 'greeting' })).toBeUndefined();
    expect(await promptNamed(store, 'shipped')).toBeUndefined();
  });

  it('is seen by other processes, as sound and as words, and after a change', async () => {
    const other = await office.open();
    await change(store, [put('greeting'), put('words', { kind: 'text', text: 'Recorded.' })]);
    expect(await promptNamed(other, 'greeting')).toMatchObject({ sha256: 'abc' });
    expect(await promptNamed(other, 'words')).toEqual({ kind: 'text', text: 'Recorded.' });
    await change(store, [put('greeting', sound('def'))]);
    expect(await promptNamed(other, 'greeting')).toMatchObject({ wav: Buffer.from('sound def') });
    expect(await other.sound('abc')).toEqual(Buffer.from('sound abc'));
    expect(await other.sound('xyz')).toBeUndefined();
  });

  it('stands in the log by its hashes, without its sound', async () => {
    await change(store, [put('greeting')]);
    await change(store, [put('greeting', sound('def'))]);
    const [changed] = await store.audit({ kind: 'prompt', limit: 1 });
    expect(changed).toMatchObject({ key: 'greeting', by: 'user-admin' });
    expect(changed?.before?.values).toEqual({
      sha256: 'abc',
      sourceSha256: 'source of abc',
      lengthMs: 1500,
    });
    expect(changed?.after?.values).toMatchObject({ sha256: 'def' });
  });

  it('that is the same again changes nothing', async () => {
    await change(store, [put('greeting')]);
    await change(store, [put('greeting')]);
    expect(await store.audit({ kind: 'prompt', limit: 10 })).toHaveLength(1);
  });

  it.each([
    [
      put('shipped'),
      'prompt shipped: "shipped" is the prompt that comes with the product: take another name',
    ],
    [
      put('a/b'),
      `prompt a/b: wants a name of at most 64 letters, digits, spaces and . _ @ + - ' * #, got "a/b"`,
    ],
    [
      put('words', { kind: 'text', text: '' }),
      'prompt words: text: wants text of 1 to 1000 characters on one line, got ""',
    ],
    [
      { do: 'set', kind: 'prompt', key: 'x', values: { sha256: 'abc' } } as Wish,
      'prompt x: sha256: cannot be set: add the prompt anew',
    ],
    [
      { do: 'set', kind: 'prompt', key: 'x', values: {} } as Wish,
      'prompt x: has neither sound nor text: add it with a WAV file',
    ],
    [{ do: 'remove', kind: 'prompt', key: 'x' } as Wish, 'there is no prompt x'],
  ])('that cannot be is refused with what to do: %j', async (wish, told) => {
    expect(await change(store, [wish])).toEqual([told]);
    expect(await store.sound('abc')).toBeUndefined();
  });
});

describe('a setting that names a prompt', () => {
  it('is refused when there is none of that name, with the nearest', async () => {
    const told = (name: string, meant: string) =>
      `there is no prompt "${name}"; the nearest is ${meant}`;
    expect(await change(store, [location('Kyiv', { promptStop: 'shiped' })])).toEqual([
      `location Kyiv: promptStop: ${told('shiped', 'shipped')}`,
    ]);
    await change(store, [put('greeting')]);
    expect(await change(store, [user('alice', { promptPause: 'greting' })])).toEqual([
      `user alice: promptPause: ${told('greting', 'greeting')}`,
    ]);
    expect(await change(store, [user('alice', { promptPause: 'shipped' })])).toEqual([]);
  });

  it('keeps the prompt from being removed, and says who does', async () => {
    const names = { promptStop: 'greeting' };
    await change(store, [put('greeting'), location('Kyiv', names), user('alice', names)]);
    const remove: Wish = { do: 'remove', kind: 'prompt', key: 'greeting' };
    expect(await change(store, [remove])).toEqual([
      'prompt greeting: is used by location Kyiv and 1 more: change them first',
    ]);
    const unnamed = { promptStop: null };
    expect(
      await change(store, [location('Kyiv', unnamed), user('alice', unnamed), remove]),
    ).toEqual([]);
    expect(await promptNamed(store, 'greeting')).toBeUndefined();
  });
});
