import { nearest } from '../../core';
import type { Edit, Lookup, SettingsBook } from './book';
import { codeProblems } from './codes';
import {
  type Entry,
  entryName,
  type Kind,
  NO_PROVIDER,
  SETTING_NAMES,
  SHIPPED_PROMPT,
  type Values,
} from './entries';
import { PROMPT_SETTINGS } from './prompts';
import type { Scope } from './resolve';

interface Found {
  readonly field?: string;
  readonly message: string;
}

/** What is wrong with an entry by itself. */
export function entryProblems({ before, after }: Edit): Found[] {
  if (after?.kind === 'prompt') return promptProblems(after.values as Values<'prompt'>);
  if (after?.kind === 'user') return userProblems(after.values as Values<'user'>);
  if (after?.kind === 'provider') {
    const was = (before?.values as Values<'provider'> | undefined)?.preset;
    return providerProblems(after.values as Values<'provider'>, was);
  }
  return [];
}

function userProblems(values: Values<'user'>): Found[] {
  const problems: Found[] = [];
  if (!values.numbers?.length && !values.aors?.length) {
    const message = 'wants a number or an aor: without one, no call can be told to be of this user';
    problems.push({ field: 'numbers', message });
  }
  if (values.mode !== 'never') return problems;
  for (const field of SETTING_NAMES) {
    if (field === 'mode' || values[field] === undefined) continue;
    const message =
      'cannot be set while mode is never: choose another mode with it, or leave it out';
    problems.push({ field, message });
  }
  return problems;
}

function providerProblems({ preset, endpoint }: Values<'provider'>, was?: string): Found[] {
  if (preset === undefined) {
    return [
      { field: 'preset', message: 'is missing: dubber, imagicle, callcabinet, embedded or custom' },
    ];
  }
  if (was !== undefined && was !== preset) {
    const message = `is ${was} and cannot become ${preset}, whose terms are others: make a new provider`;
    return [{ field: 'preset', message }];
  }
  if (preset === 'embedded' && endpoint !== undefined) {
    const message =
      'is not wanted: the embedded recorder is reached by itself; use preset custom otherwise';
    return [{ field: 'endpoint', message }];
  }
  if (preset !== 'embedded' && endpoint === undefined) {
    const message =
      "is missing: the SIP URI that the recorder's operator gave you, as sip:rec@192.0.2.1:5060;transport=tcp";
    return [{ field: 'endpoint', message }];
  }
  return [];
}

function promptProblems({ text, sha256 }: Values<'prompt'>): Found[] {
  if (text !== undefined || sha256 !== undefined) return [];
  return [{ message: 'has neither sound nor text: add it with a WAV file' }];
}

/** What an edit leaves pointing nowhere, at somebody else's, or not to be told from another. */
export function referenceProblems(edit: Edit, book: SettingsBook, draft: Lookup): Found[] {
  const { kind, after } = edit;
  if (!after) return leftBehind(edit, book, draft);
  switch (kind) {
    case 'organization':
    case 'location':
      return [...chosenProvider(after, book, draft), ...settingProblems(edit, book, draft)];
    case 'provider':
      return standbyProviders(after as Entry<'provider'>, book, draft);
    case 'prompt':
      return [];
    case 'user':
      return [
        ...userReferences(after as Entry<'user'>, book, draft),
        ...settingProblems(edit, book, draft),
      ];
  }
}

function settingProblems(edit: Edit, book: SettingsBook, draft: Lookup): Found[] {
  const { values } = edit.after as Scope;
  const prompts = Object.values(PROMPT_SETTINGS).flatMap((field): Found[] => {
    const name = values[field];
    if (name === undefined || name === SHIPPED_PROMPT || draft.get('prompt', name)) return [];
    const known = [...book.list('prompt').map(({ key }) => key), SHIPPED_PROMPT];
    const message = `there is no prompt "${name}"; the nearest is ${nearest(name, known)}`;
    return [{ field, message }];
  });
  return [...prompts, ...codeProblems(edit, book, draft)];
}

function chosenProvider({ values }: Entry, book: SettingsBook, draft: Lookup): Found[] {
  const { provider: name } = values as Values<'location'>;
  if (name === undefined || name === NO_PROVIDER) return [];
  const known = [...book.list('provider').map(({ key }) => key), NO_PROVIDER];
  return unusable(name, known, draft).map((message) => ({ field: 'provider', message }));
}

/** Those that stand by for a provider; whoever stands by for them has no part in that, so that nothing can go in circles. */
function standbyProviders(entry: Entry<'provider'>, book: SettingsBook, draft: Lookup): Found[] {
  const { key, values } = entry;
  const known = book
    .list('provider')
    .map((one) => one.key)
    .filter((one) => one !== key);
  return (values.standby ?? []).flatMap((name) => {
    if (name !== key) {
      return unusable(name, known, draft).map((message) => ({ field: 'standby', message }));
    }
    return [{ field: 'standby', message: `"${name}" cannot stand by for itself: name another` }];
  });
}

/** Why a provider cannot be named, if it cannot. */
function unusable(name: string, known: readonly string[], draft: Lookup): string[] {
  const provider = draft.get('provider', name);
  if (!provider) {
    const meant = nearest(name, known);
    const advice = meant === undefined ? 'there is no other' : `the nearest is ${meant}`;
    return [`there is no provider "${name}"; ${advice}`];
  }
  if (provider.values.preset === 'embedded' || provider.values.termsAcceptedAt) return [];
  return [
    `the terms of service of "${name}" have not been accepted: accept them first (accept-terms)`,
  ];
}

/** The fields that name an entry of a kind. */
const NAMING: Readonly<Record<Kind, readonly string[]>> = {
  organization: [],
  provider: ['provider', 'standby'],
  prompt: Object.values(PROMPT_SETTINGS),
  location: ['location'],
  user: [],
};

/** Nobody may be left with what is no more. */
function leftBehind({ kind, key }: Edit, book: SettingsBook, draft: Lookup): Found[] {
  const fields = NAMING[kind];
  if (fields.length === 0) return [];
  const [first, ...others] = (['organization', 'provider', 'location', 'user'] as const)
    .flatMap((one): Entry[] => book.list(one))
    .map((one) => draft.get(one.kind, one.key))
    .filter((one): one is Entry => {
      const values = one?.values as Readonly<Record<string, unknown>> | undefined;
      return fields.some((field) => [values?.[field]].flat().includes(key));
    });
  if (!first) return [];
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return [{ message: `is used by ${entryName(first.kind, first.key)}${more}: change them first` }];
}

function userReferences(user: Entry<'user'>, book: SettingsBook, draft: Lookup): Found[] {
  const problems: Found[] = [];
  const { location } = user.values;
  if (location !== undefined && !draft.get('location', location)) {
    const meant = nearest(
      location,
      book.list('location').map(({ key }) => key),
    );
    const advice =
      meant === undefined ? 'there are none yet: make it first' : `the nearest is ${meant}`;
    problems.push({ field: 'location', message: `there is no location "${location}"; ${advice}` });
  }
  for (const { shown, key } of book.identitiesOf(user)) {
    const owner = draft.ownerOf(key);
    if (owner === undefined || owner === user.key) continue;
    const field = key.startsWith('tel:') ? 'numbers' : 'aors';
    problems.push({
      field,
      message: `${shown} belongs to user ${owner} already: take it from there first`,
    });
  }
  return problems;
}
