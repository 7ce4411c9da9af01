import type { RecordingMode } from './recording/modes';
import type { EffectiveSettings } from './settings/entries';

/** Who takes part in a call, as URIs: every one by which a side is known, most trusted first. */
export interface CallIdentities {
  readonly callerIdentities: readonly string[];
  readonly calledIdentities: readonly string[];
  /** Whom the call was for before it was diverted (RFC 7044 History-Info, RFC 5806 Diversion), latest first. */
  readonly divertedFrom?: readonly string[];
}

/** Why a user is recorded: which entry of the settings spoke, and what of the call it matched. */
export interface Provenance {
  readonly scope: 'organization' | 'location' | 'user' | 'default';
  /** The entry as configured, e.g. `number +15550100`. */
  readonly entry: string;
  /** The identity of the call that matched. */
  readonly matched: string;
}

/** A user on one side of a call whose calls are recorded. */
export interface RecordedUser {
  readonly side: 'caller' | 'called';
  /** Stable key of the user: the configured address of record, else the number. */
  readonly id: string;
  readonly name: string | undefined;
  readonly mode: Exclude<RecordingMode, 'never'>;
  readonly provenance: Provenance;
  /** The other side is a user that is known as well, recorded or not. */
  readonly internal: boolean;
  /** What holds for the user's recordings; the defaults for users of the configuration, who have a mode alone. */
  readonly settings: EffectiveSettings;
  /** Name of the provider that records; undefined leaves it to the configuration. */
  readonly provider?: string;
}

/** Says who of a call is recorded. Asked before a call is routed, and again where a 3xx leads it; must be quick and pure. */
export interface RecordingPolicy {
  /** At most one entry a side, caller first. */
  decide(call: CallIdentities): readonly RecordedUser[];
  /** Whether a side is a user who is known and not to be recorded, whatever he or she asks for. */
  forbids(call: CallIdentities, side: RecordedUser['side']): boolean;
}
