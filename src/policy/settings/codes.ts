import type { Edit, Lookup, SettingsBook } from './book';
import { entryName, NO_CODE, type SettingName } from './entries';
import { resolve, type Scope } from './resolve';

const CODES = ['codeStart', 'codeStop', 'codePause', 'codeResume'] as const;

/**
 * Feature codes that could not be told apart while they are dialled: one is another, or begins it. Of the
 * entry, and of those beneath it that set codes of their own.
 */
export function codeProblems(
  { kind, before, after }: Edit,
  book: SettingsBook,
  draft: Lookup,
): { readonly field: SettingName; readonly message: string }[] {
  if (kind === 'provider' || !after) return [];
  const scope = after as Scope;
  const own = clash(draft, scope);
  if (own) return [own];
  const was = before as Scope | undefined;
  if (kind === 'user' || CODES.every((code) => was?.values[code] === scope.values[code])) return [];
  for (const beneath of scopesBeneath(scope, book, draft)) {
    const found = clash(draft, beneath);
    if (!found) continue;
    const field = CODES.find((code) => scope.values[code] !== undefined) ?? found.field;
    const where = entryName(beneath.kind, beneath.key);
    return [
      {
        field,
        message: `would leave ${where} with two codes alike: its ${found.field} ${found.message}`,
      },
    ];
  }
  return [];
}

function clash(draft: Lookup, scope: Scope): { field: SettingName; message: string } | undefined {
  const { settings, origins } = resolve(draft, scope);
  for (const field of CODES) {
    if (scope.values[field] === undefined || settings[field] === NO_CODE) continue;
    const other = CODES.find((one) => one !== field && alike(settings[field], settings[one]));
    if (!other) continue;
    const { entry } = origins[other];
    const message = `${settings[field]} cannot be told from ${other} ${settings[other]} (${entry}) while it is dialled: take codes of which none begins another, or ${NO_CODE}`;
    return { field, message };
  }
  return undefined;
}

function alike(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** Those with codes of their own. */
function scopesBeneath(scope: Scope, book: SettingsBook, draft: Lookup): Scope[] {
  const places = scope.kind === 'organization' ? book.list('location') : [];
  return [...places, ...book.list('user')]
    .map(({ kind, key }) => draft.get(kind, key) as Scope | undefined)
    .filter((one): one is Scope => one !== undefined)
    .filter((one) => CODES.some((code) => one.values[code] !== undefined))
    .filter(
      (one) =>
        scope.kind === 'organization' || (one.kind === 'user' && one.values.location === scope.key),
    );
}
