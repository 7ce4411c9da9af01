import type { ConfiguredUsers } from '../configured-users';
import type { Identity } from '../identity';
import { type KnownUser, type Party, partyOf, recordedParties } from '../parties';
import type { CallIdentities, RecordedUser, RecordingPolicy } from '../recording-policy';
import type { SettingsBook } from './book';
import type { Entry } from './entries';
import { resolve } from './resolve';
import type { SettingsStore } from './store';

/**
 * Decides by the settings as they stand when a call begins. The store speaks for every user whom it knows;
 * for the others, the users of the configuration do.
 */
export class SettingsPolicy implements RecordingPolicy {
  constructor(
    private readonly store: SettingsStore,
    private readonly configured: ConfiguredUsers,
  ) {}

  decide(call: CallIdentities): readonly RecordedUser[] {
    const book = this.store.current();
    return recordedParties(call, (identity) => this.#find(book, identity), this.configured.plan);
  }

  /** The user whom a side of a call is, by a book of any time. */
  party(identities: readonly string[], book: SettingsBook): Party | undefined {
    return partyOf(identities, (identity) => this.#find(book, identity), this.configured.plan);
  }

  #find(book: SettingsBook, identity: Identity): KnownUser | undefined {
    const user = book.userOf(identity);
    return user ? known(book, user) : this.configured.find(identity);
  }
}

function known(book: SettingsBook, user: Entry<'user'>): KnownUser {
  const { settings, origins, provider, providerOrigin } = resolve(book, user);
  const { name } = user.values;
  const who = { id: user.key, name };
  if (settings.mode !== 'never' && provider === undefined) {
    const entry = `${providerOrigin.entry}: no provider`;
    return { ...who, mode: 'never', scope: providerOrigin.scope, entry, settings };
  }
  const { scope, entry } = origins.mode;
  const said = { scope, entry: `${entry}: mode ${settings.mode}`, settings };
  return { ...who, mode: settings.mode, ...said, ...(provider !== undefined && { provider }) };
}
