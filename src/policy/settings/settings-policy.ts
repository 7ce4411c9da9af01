import type { ConfiguredUsers } from '../configured-users';
import { identityOf } from '../identity';
import {
  type Directory,
  isForbidden,
  type KnownUser,
  type Party,
  partyOf,
  recordedParties,
} from '../parties';
import type { CallIdentities, RecordedUser, RecordingPolicy } from '../recording-policy';
import type { SettingsBook } from './book';
import type { Entry } from './entries';
import { type Origin, resolve } from './resolve';
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
    const [asked, directory] = this.#directory(call, book);
    return recordedParties(asked, directory, this.configured.plan);
  }

  forbids(call: CallIdentities, side: RecordedUser['side']): boolean {
    const [asked, directory] = this.#directory(call, this.store.current());
    return isForbidden(asked, side, directory, this.configured.plan);
  }

  /** The users whom the two sides of a call are, by a book of any time. */
  parties(
    call: CallIdentities,
    book: SettingsBook,
  ): Record<RecordedUser['side'], Party | undefined> {
    const [{ callerIdentities, calledIdentities }, directory] = this.#directory(call, book);
    const { plan } = this.configured;
    return {
      caller: partyOf(callerIdentities, directory, plan),
      called: partyOf(calledIdentities, directory, plan),
    };
  }

  /** At voicemail, the one who is called is whom the call was for before. */
  #directory(call: CallIdentities, book: SettingsBook): [CallIdentities, Directory] {
    const voicemail = book.hasVoicemail && this.#reachesVoicemail(call, book);
    const calledIdentities = voicemail
      ? [...call.calledIdentities, ...(call.divertedFrom ?? [])]
      : call.calledIdentities;
    const directory: Directory = (identity) => {
      const user = book.userOf(identity);
      return user ? known(book, user, voicemail) : this.configured.find(identity);
    };
    return [{ ...call, calledIdentities }, directory];
  }

  #reachesVoicemail({ calledIdentities }: CallIdentities, book: SettingsBook): boolean {
    return calledIdentities.some((one) => {
      const identity = identityOf(one, this.configured.plan);
      return identity !== undefined && book.isVoicemail(identity);
    });
  }
}

function known(book: SettingsBook, user: Entry<'user'>, voicemail: boolean): KnownUser {
  const { settings, origins, provider, providerOrigin } = resolve(book, user);
  const who = { id: user.key, name: user.values.name, settings };
  const not = ({ scope, entry }: Origin, why: string): KnownUser => ({
    ...who,
    mode: 'never',
    scope,
    entry: `${entry}: ${why}`,
  });
  const { mode } = settings;
  if (mode !== 'never') {
    if (provider === undefined) return not(providerOrigin, 'no provider');
    if (voicemail && !settings.recordVoicemail) {
      return not(origins.recordVoicemail, 'recordVoicemail false, and voicemail is reached');
    }
  }
  const { scope, entry } = origins.mode;
  const said = { scope, entry: `${entry}: mode ${mode}` };
  return { ...who, ...said, mode, ...(provider !== undefined && { provider }) };
}
