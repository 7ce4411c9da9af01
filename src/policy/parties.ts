import { type DialPlan, type Identity, identityOf } from './identity';
import type { RecordingMode } from './recording/modes';
import type { CallIdentities, Provenance, RecordedUser } from './recording-policy';
import type { EffectiveSettings } from './settings/entries';

/** A user whom an identity names, recorded or not. */
export interface KnownUser {
  readonly id: string;
  readonly name: string | undefined;
  /** As it is in force: `never` also where nobody records. */
  readonly mode: RecordingMode;
  /** What decided the mode. */
  readonly scope: Provenance['scope'];
  readonly entry: string;
  readonly settings: EffectiveSettings;
  readonly provider?: string;
  /** Of the configuration, and not of the settings. */
  readonly configured?: true;
}

/** Who is known by an identity; undefined when nobody is. */
export type Directory = (identity: Identity) => KnownUser | undefined;

/** The user whom one side of a call is. */
export interface Party {
  readonly user: KnownUser;
  /** The identity that told. */
  readonly matched: string;
}

/** The most trusted identity that is known decides, for recording as against it. */
export function partyOf(
  identities: readonly string[],
  directory: Directory,
  plan: DialPlan | undefined,
): Party | undefined {
  for (const matched of identities) {
    const identity = identityOf(matched, plan);
    const user = identity && directory(identity);
    if (user) return { user, matched };
  }
  return undefined;
}

/** The recorded users of a call, caller first. */
export function recordedParties(
  { callerIdentities, calledIdentities }: CallIdentities,
  directory: Directory,
  plan: DialPlan | undefined,
): readonly RecordedUser[] {
  const parties = {
    caller: partyOf(callerIdentities, directory, plan),
    called: partyOf(calledIdentities, directory, plan),
  };
  const internal = parties.caller !== undefined && parties.called !== undefined;
  const caller = recorded('caller', parties.caller, internal);
  const called = recorded('called', parties.called, internal);
  return [...(caller ? [caller] : []), ...(called ? [called] : [])];
}

/** Whether the user on a side is known, and never recorded. */
export function isForbidden(
  { callerIdentities, calledIdentities }: CallIdentities,
  side: RecordedUser['side'],
  directory: Directory,
  plan: DialPlan | undefined,
): boolean {
  const identities = side === 'caller' ? callerIdentities : calledIdentities;
  return partyOf(identities, directory, plan)?.user.mode === 'never';
}

function recorded(
  side: RecordedUser['side'],
  party: Party | undefined,
  internal: boolean,
): RecordedUser | undefined {
  if (!party) return undefined;
  const { id, name, mode, scope, entry, settings, provider } = party.user;
  if (mode === 'never') return undefined;
  const provenance = { scope, entry, matched: party.matched };
  const user = { id, name, settings, side, mode, internal, provenance };
  return provider === undefined ? user : { ...user, provider };
}
