import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openPostgresSettings,
  openSqliteSettings,
  planChanges,
  type SettingsStore,
  showProblem,
  type Wish,
} from '../../../src/policy';
import { PostgresServer } from '../../support/postgres';

export const ALICE = 'user-admin';

/** Settings of their own, as several processes would open them. */
export abstract class OpenOffice {
  #stores: SettingsStore[] = [];

  async open(): Promise<SettingsStore> {
    const store = await this.make();
    this.#stores.push(store);
    return store;
  }

  async tearDown(): Promise<void> {
    for (const store of this.#stores) await store.close();
  }

  /** Checks what one store sees of another's change. */
  abstract seen(check: () => void): Promise<void>;

  protected abstract make(): Promise<SettingsStore>;
}

/** In a file: changes are seen at once. */
export class Office extends OpenOffice {
  readonly directory = mkdtempSync(join(tmpdir(), 'twintrack-settings-'));
  readonly file = join(this.directory, 'settings.db');

  protected make(): Promise<SettingsStore> {
    return openSqliteSettings(this.file);
  }

  async seen(check: () => void): Promise<void> {
    check();
  }

  override async tearDown(): Promise<void> {
    await super.tearDown();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** In PostgreSQL: changes are seen as soon as their news have travelled. */
export class PostgresOffice extends OpenOffice {
  constructor(private readonly url: string) {
    super();
  }

  protected make(): Promise<SettingsStore> {
    return openPostgresSettings(this.url, { password: PostgresServer.password });
  }

  seen(check: () => void): Promise<void> {
    return eventually(check);
  }
}

/** Waits until a check holds; in the end its own failure is told. */
export async function eventually(check: () => void): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; ) {
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
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
