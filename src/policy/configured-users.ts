import { type DialPlan, identityOf, normaliseNumber } from './identity';
import type { RecordingMode } from './recording/modes';
import type { CallIdentities, RecordedUser, RecordingPolicy } from './recording-policy';

/** A user of the configuration: known by a number, an address of record, or both. */
export interface ConfiguredUser {
  readonly number?: string | undefined;
  readonly aor?: string | undefined;
  readonly name?: string | undefined;
  readonly mode: RecordingMode;
}

/** From this many digits on, a number with and without its `+` is the same. */
const DIGITS_OF_A_WORLDWIDE_NUMBER = 8;

interface Entry {
  readonly user: ConfiguredUser;
  readonly says: string;
}

/** Users listed one by one; the first that fits an identity speaks for it. */
export class ConfiguredUsers implements RecordingPolicy {
  readonly #byNumber = new Map<string, Entry>();
  readonly #byAor = new Map<string, Entry>();

  constructor(
    users: readonly ConfiguredUser[],
    private readonly plan?: DialPlan,
  ) {
    for (const user of users) {
      const number = user.number === undefined ? undefined : normaliseNumber(user.number, plan);
      const aor = user.aor === undefined ? undefined : identityOf(user.aor, plan)?.aor;
      if (number !== undefined) add(this.#byNumber, keyOf(number), user, `number ${user.number}`);
      if (aor !== undefined) add(this.#byAor, aor, user, `aor ${user.aor}`);
    }
  }

  decide(call: CallIdentities): readonly RecordedUser[] {
    const caller = this.#recorded('caller', call.callerIdentities);
    const called = this.#recorded('called', call.calledIdentities);
    return [...(caller ? [caller] : []), ...(called ? [called] : [])];
  }

  #recorded(side: RecordedUser['side'], identities: readonly string[]): RecordedUser | undefined {
    for (const matched of identities) {
      const entry = this.#find(matched);
      if (!entry) continue;
      const { user, says } = entry;
      // The most trusted identity that is known decides, for recording as against it.
      if (user.mode === 'never') return undefined;
      return {
        side,
        id: user.aor ?? user.number!,
        name: user.name,
        mode: user.mode,
        provenance: { scope: 'user', entry: says, matched },
      };
    }
    return undefined;
  }

  #find(identity: string): Entry | undefined {
    const known = identityOf(identity, this.plan);
    if (!known) return undefined;
    const byAor = known.aor === undefined ? undefined : this.#byAor.get(known.aor);
    return (
      byAor ?? (known.number === undefined ? undefined : this.#byNumber.get(keyOf(known.number)))
    );
  }
}

function add(map: Map<string, Entry>, key: string, user: ConfiguredUser, says: string): void {
  if (!map.has(key)) map.set(key, { user, says });
}

/** Trunks write `+15550100` and `15550100` for the same number; extensions are never so long. */
function keyOf(number: string): string {
  const digits = number.startsWith('+') ? number.slice(1) : number;
  return digits.length >= DIGITS_OF_A_WORLDWIDE_NUMBER ? digits : number;
}
