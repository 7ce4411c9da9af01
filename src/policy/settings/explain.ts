import type { Party } from '../parties';
import type { SettingsBook } from './book';
import { type Entry, SETTING_NAMES } from './entries';
import { type Origin, resolve } from './resolve';
import type { SettingsPolicy } from './settings-policy';

/** A field of a user with what decided it. */
export interface ExplainedField {
  readonly field: string;
  readonly value: string | number | boolean;
  readonly scope: Origin['scope'];
  readonly entry: string;
}

/** Why one side of a call is, or is not, recorded. */
export interface Explanation {
  readonly side: 'caller' | 'called';
  readonly identity: string;
  /** The user whom the identity names; undefined when nobody is known by it. */
  readonly user: string | undefined;
  readonly recorded: boolean;
  /** One sentence. */
  readonly because: string;
  /** Empty for users of the configuration and for strangers. */
  readonly fields: readonly ExplainedField[];
}

/** A call to be explained: each a number, an address of record or a SIP URI. */
export interface ExplainedCall {
  readonly from: string;
  readonly to: string;
  /** Whom the call was for before it was diverted. */
  readonly divertedFrom?: string | undefined;
}

/** Explains both sides of a call by a book, of now or of an earlier time. */
export function explainCall(
  policy: SettingsPolicy,
  book: SettingsBook,
  { from, to, divertedFrom }: ExplainedCall,
): readonly Explanation[] {
  const call = {
    callerIdentities: [from],
    calledIdentities: [to],
    ...(divertedFrom !== undefined && { divertedFrom: [divertedFrom] }),
  };
  const { caller, called } = policy.parties(call, book);
  return [explainSide(book, 'caller', from, caller), explainSide(book, 'called', to, called)];
}

function explainSide(
  book: SettingsBook,
  side: Explanation['side'],
  identity: string,
  party: Party | undefined,
): Explanation {
  if (!party) {
    const because = 'no user is known by this identity';
    return { side, identity, user: undefined, recorded: false, because, fields: [] };
  }
  const { user } = party;
  const entry = user.configured ? undefined : book.get('user', user.id);
  const fields = entry ? explainFields(book, entry) : [];
  const because = entry ? user.entry : `configuration, ${user.entry}: mode ${user.mode}`;
  return { side, identity, user: user.id, recorded: user.mode !== 'never', because, fields };
}

/** Every setting of a user and the provider, with what decided each. */
export function explainFields(book: SettingsBook, user: Entry<'user'>): ExplainedField[] {
  const { settings, origins, provider, providerOrigin } = resolve(book, user);
  return [
    { field: 'provider', value: provider ?? 'none', ...providerOrigin },
    ...SETTING_NAMES.map((field) => ({ field, value: settings[field], ...origins[field] })),
  ];
}
