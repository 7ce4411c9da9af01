import type { Lookup } from './book';
import {
  DEFAULTS,
  type EffectiveSettings,
  type Entry,
  entryName,
  NO_PROVIDER,
  ORGANIZATION_KEY,
  SETTING_NAMES,
  type SettingName,
} from './entries';

/** Which entry decided a field; `default` where none did. */
export interface Origin {
  readonly scope: 'user' | 'location' | 'organization' | 'default';
  /** `location Kyiv`. */
  readonly entry: string;
}

/** An entry that sets fields. */
export type Scope = Entry<'user'> | Entry<'location'> | Entry<'organization'>;

/** Every field as it is in force, and the scope that says so. */
export interface Resolution {
  readonly settings: EffectiveSettings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /** Name of the provider that records; undefined when none does, and the settings wait. */
  readonly provider: string | undefined;
  readonly providerOrigin: Origin;
}

const BY_DEFAULT: Origin = { scope: 'default', entry: 'default' };

/** Takes each field from the narrowest scope that sets it, from `narrowest` outwards. */
export function resolve(book: Lookup, narrowest: Scope): Resolution {
  const scopes = scopesOf(book, narrowest);
  const settings: Record<string, unknown> = { ...DEFAULTS };
  const origins: Partial<Record<SettingName, Origin>> = {};
  for (const name of SETTING_NAMES) {
    const scope = scopes.find(({ values }) => values[name] !== undefined);
    if (scope) settings[name] = scope.values[name];
    origins[name] = scope ? originOf(scope) : BY_DEFAULT;
  }
  const chooser = scopes.find(
    (scope) => scope.kind !== 'user' && (scope as Entry<'location'>).values.provider !== undefined,
  ) as Entry<'location'> | undefined;
  const chosen = chooser?.values.provider ?? NO_PROVIDER;
  return {
    settings: settings as unknown as EffectiveSettings,
    origins: origins as Record<SettingName, Origin>,
    provider: chosen === NO_PROVIDER ? undefined : chosen,
    providerOrigin: chooser ? originOf(chooser) : BY_DEFAULT,
  };
}

/** Narrowest first. */
function scopesOf(book: Lookup, narrowest: Scope): Scope[] {
  const wider = widerThan(book, narrowest);
  return wider ? [narrowest, ...scopesOf(book, wider)] : [narrowest];
}

function widerThan(book: Lookup, { kind, values }: Scope): Scope | undefined {
  if (kind === 'organization') return undefined;
  const name = kind === 'user' ? values.location : undefined;
  const location = name === undefined ? undefined : book.get('location', name);
  return location ?? book.get('organization', ORGANIZATION_KEY);
}

function originOf({ kind, key }: Scope): Origin {
  return { scope: kind, entry: entryName(kind, key) };
}
