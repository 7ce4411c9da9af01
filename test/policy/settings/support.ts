import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openSqliteSettings,
  planChanges,
  type SettingsStore,
  showProblem,
  type Wish,
} from '../../../src/policy';

export const ALICE = 'user-admin';

/** Settings in a folder of their own, as several processes would open them. */
export class Office {
  readonly directory = mkdtempSync(join(tmpdir(), 'twintrack-settings-'));
  readonly file = join(this.directory, 'settings.db');
  #stores: SettingsStore[] = [];

  async open(): Promise<SettingsStore> {
    const store = await openSqliteSettings(this.file);
    this.#stores.push(store);
    return store;
  }

  async tearDown(): Promise<void> {
    for (const store of this.#stores) await store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Makes changes; resolves with what was wrong with them. */
export async function change(
  store: SettingsStore,
  wishes: readonly Wish[],
  at = new Date(),
): Promise<string[]> {
  const author = { by: ALICE, at };
  const problems = await store.change(author, (book) => planChanges(book, wishes, author));
  return problems.map(showProblem);
}

export const organization = (values: Record<string, unknown>): Wish => ({
  do: 'set',
  kind: 'organization',
  key: 'organization',
  values,
});
export const provider = (key: string, values: Record<string, unknown>): Wish => ({
  do: 'set',
  kind: 'provider',
  key,
  values,
});
export const location = (key: string, values: Record<string, unknown>): Wish => ({
  do: 'set',
  kind: 'location',
  key,
  values,
});
export const user = (key: string, values: Record<string, unknown>): Wish => ({
  do: 'set',
  kind: 'user',
  key,
  values,
});

/** An organization that records with the embedded recorder, one location, and Alice there. */
export const SMALL: readonly Wish[] = [
  provider('here', { preset: 'embedded' }),
  organization({ provider: 'here' }),
  location('Kyiv', {}),
  user('alice', { numbers: ['+15550100'], aors: ['alice@example.com'], location: 'Kyiv' }),
];

/** A call to Alice, as the B2BUA asks about it. */
export const TO_ALICE = {
  callerIdentities: ['sip:+15559999@example.net'],
  calledIdentities: ['sip:+15550100@example.com'],
};
