import { type DialPlan, type Identity, identityOf, normaliseNumber, numberKey } from './identity';
import { isForbidden, type KnownUser, recordedParties } from './parties';
import type { RecordingMode } from './recording/modes';
import type { CallIdentities, RecordedUser, RecordingPolicy } from './recording-policy';
import { DEFAULTS } from './settings/entries';

/** A user of the configuration: known by a number, an address of record, or both. */
export interface ConfiguredUser {
  readonly number?: string | undefined;
  readonly aor?: string | undefined;
  readonly name?: string | undefined;
  readonly mode: RecordingMode;
}

/** Users listed one by one; the first that fits an identity speaks for it. */
export class ConfiguredUsers implements RecordingPolicy {
  readonly #byNumber = new Map<string, KnownUser>();
  readonly #byAor = new Map<string, KnownUser>();

  constructor(
    users: readonly ConfiguredUser[],
    readonly plan?: DialPlan,
  ) {
    for (const { number, aor, name, mode } of users) {
      const settings = { ...DEFAULTS, mode };
      const who = { id: aor ?? number!, name, configured: true } as const;
      const user = { ...who, mode, settings, scope: 'user' as const };
      const digits = number === undefined ? undefined : normaliseNumber(number, plan);
      const address = aor === undefined ? undefined : identityOf(aor, plan)?.aor;
      if (digits !== undefined) {
        add(this.#byNumber, numberKey(digits), { ...user, entry: `number ${number}` });
      }
      if (address !== undefined) add(this.#byAor, address, { ...user, entry: `aor ${aor}` });
    }
  }

  decide(call: CallIdentities): readonly RecordedUser[] {
    return recordedParties(call, (identity) => this.find(identity), this.plan);
  }

  forbids(call: CallIdentities, side: RecordedUser['side']): boolean {
    return isForbidden(call, side, (identity) => this.find(identity), this.plan);
  }

  /** The user who is known by this identity, recorded or not. */
  find({ aor, number }: Identity): KnownUser | undefined {
    const byAor = aor === undefined ? undefined : this.#byAor.get(aor);
    return byAor ?? (number === undefined ? undefined : this.#byNumber.get(numberKey(number)));
  }
}

function add(map: Map<string, KnownUser>, key: string, user: KnownUser): void {
  if (!map.has(key)) map.set(key, user);
}
