import { nearest } from '../../core';
import type { Edit, Lookup, SettingsBook } from './book';
import { entryProblems, referenceProblems } from './checks';
import {
  DIALECT_OF,
  type Entry,
  entryName,
  FIELDS,
  fieldOf,
  type Kind,
  NO_PROVIDER,
  ORGANIZATION_KEY,
  type Preset,
  SETTING_NAMES,
  SHIPPED_PROMPT,
} from './entries';
import { type FieldValue, refusal } from './field';
import type { KeptSound, NewPrompt } from './prompts';

/** What somebody wants changed. Values are as they came: nothing of them has been looked at. */
export type Wish =
  | {
      readonly do: 'set';
      readonly kind: Kind;
      readonly key: string;
      /** `null` unsets a field; a field that is left out stays, unless `whole`. */
      readonly values: Readonly<Record<string, unknown>>;
      /** The entry shall hold these values and no others. */
      readonly whole?: boolean;
      /** Only an entry that is there may be set. */
      readonly existing?: boolean;
    }
  | { readonly do: 'remove'; readonly kind: Kind; readonly key: string }
  | { readonly do: 'accept-terms'; readonly key: string }
  | { readonly do: 'put-prompt'; readonly key: string; readonly prompt: NewPrompt };

/** Why a wish cannot be granted, and what to do about it. */
export interface SettingsProblem {
  /** Which wish, counted from 0. */
  readonly wish: number;
  /** `user alice`. */
  readonly entry: string;
  readonly field?: string;
  readonly message: string;
  /** Nothing is wrong with the wish, but what it is about does not exist. */
  readonly absent?: true;
}

/** `user alice: reminderIntervalSeconds: wants …`. */
export function showProblem({ entry, field, message }: SettingsProblem): string {
  if (field !== undefined) return `${entry}: ${field}: ${message}`;
  return message.startsWith('there is no') ? message : `${entry}: ${message}`;
}

/** Who wishes, and when. */
export interface Author {
  readonly by: string;
  readonly at: Date;
}

/** Edits that make every wish true, or what is wrong with them: then there are no edits. */
export interface Plan {
  readonly edits: readonly Edit[];
  /** What the edits need to have kept beside them. */
  readonly sounds: readonly KeptSound[];
  readonly problems: readonly SettingsProblem[];
}

/** Judges wishes against the book, all together: what they refer to may be made by another of them. */
export function planChanges(book: SettingsBook, wishes: readonly Wish[], author: Author): Plan {
  const draft = new Draft(book);
  const problems: SettingsProblem[] = [];
  wishes.forEach((wish, index) => {
    const kind = kindOf(wish);
    const entry = entryName(kind, wish.key);
    const tell = (message: string, field?: string) =>
      problems.push({ wish: index, entry, message, ...(field !== undefined && { field }) });
    const before = draft.get(kind, wish.key);
    if (!before && needsEntry(wish)) {
      problems.push({ wish: index, entry, message: `there is no ${entry}`, absent: true });
    } else if (wish.do === 'remove') {
      draft.edit(kind, wish.key, undefined, index);
    } else if (wish.do === 'accept-terms') {
      const terms = { termsAcceptedBy: author.by, termsAcceptedAt: author.at.toISOString() };
      draft.edit(kind, wish.key, { ...before!, values: { ...before!.values, ...terms } }, index);
    } else {
      const wrong = keyProblem(kind, wish.key);
      if (wrong !== undefined) tell(wrong);
      else if (wish.do === 'put-prompt') {
        draft.edit(kind, wish.key, promptEntry(wish.key, wish.prompt, tell), index);
      } else draft.edit(kind, wish.key, written(wish, before, tell), index);
    }
  });
  const edits = draft.edits();
  const misread = new Set(problems.map(({ wish }) => wish));
  for (const { edit, wish } of edits) {
    // Half of a wish judged would give more sentences and no more help.
    if (misread.has(wish)) continue;
    const entry = entryName(edit.kind, edit.key);
    const found = [...entryProblems(edit), ...referenceProblems(edit, book, draft)];
    problems.push(...found.map((one) => ({ wish, entry, ...one })));
  }
  problems.sort((a, b) => a.wish - b.wish);
  if (problems.length > 0) return { edits: [], sounds: [], problems };
  const sounds = wishes.flatMap((wish) =>
    wish.do === 'put-prompt' && wish.prompt.kind === 'wav' ? [wish.prompt] : [],
  );
  return { edits: edits.map(({ edit }) => edit), sounds, problems };
}

function kindOf(wish: Wish): Kind {
  switch (wish.do) {
    case 'accept-terms':
      return 'provider';
    case 'put-prompt':
      return 'prompt';
    default:
      return wish.kind;
  }
}

/** Whether a wish is about something that must be there already. */
function needsEntry(wish: Wish): boolean {
  return wish.do === 'set' ? wish.existing === true : wish.do !== 'put-prompt';
}

function promptEntry(
  key: string,
  prompt: NewPrompt,
  tell: (message: string, field: string) => void,
): Entry {
  if (prompt.kind === 'wav') {
    const { sha256, sourceSha256, lengthMs } = prompt;
    return { kind: 'prompt', key, values: { sha256, sourceSha256, lengthMs } };
  }
  const text = FIELDS.prompt.text.read(prompt.text);
  if (text === undefined) tell(refusal(FIELDS.prompt.text, prompt.text), 'text');
  return { kind: 'prompt', key, values: { text: text ?? '' } };
}

/** The book as it would be. */
class Draft implements Lookup {
  readonly #touched = new Map<string, { edit: Edit; wish: number }>();
  /** Which edited user has an identity; the first, where several want it. */
  readonly #claims = new Map<string, string>();

  constructor(private readonly book: SettingsBook) {}

  get<K extends Kind>(kind: K, key: string): Entry<K> | undefined {
    const touched = this.#touched.get(`${kind} ${key}`);
    return touched ? (touched.edit.after as Entry<K> | undefined) : this.book.get(kind, key);
  }

  ownerOf(identity: string): string | undefined {
    const owner = this.book.ownerOf(identity);
    const stays = owner !== undefined && !this.#touched.has(`user ${owner}`);
    return stays ? owner : this.#claims.get(identity);
  }

  edit(kind: Kind, key: string, after: Entry | undefined, wish: number): void {
    const before = this.book.get(kind, key);
    this.#touched.set(`${kind} ${key}`, { edit: { kind, key, before, after }, wish });
  }

  /** What is different in the end; afterwards `ownerOf` knows who owns what. */
  edits(): { edit: Edit; wish: number }[] {
    for (const { edit } of this.#touched.values()) {
      if (edit.after?.kind !== 'user') continue;
      for (const { key } of this.book.identitiesOf(edit.after as Entry<'user'>)) {
        if (!this.#claims.has(key)) this.#claims.set(key, edit.key);
      }
    }
    return [...this.#touched.values()].filter(
      ({ edit: { before, after } }) => JSON.stringify(before) !== JSON.stringify(after),
    );
  }
}

type Set = Extract<Wish, { do: 'set' }>;

function written(
  wish: Set,
  before: Entry | undefined,
  tell: (message: string, field?: string) => void,
): Entry {
  const { kind, key } = wish;
  const kept: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(before?.values ?? {})) {
    if (!wish.whole || fieldOf(kind, name)?.readOnly) kept[name] = value as FieldValue;
  }
  for (const [name, value] of Object.entries(wish.values)) {
    const field = fieldOf(kind, name);
    if (!field) tell(unknownField(kind, name), name);
    else if (field.readOnly !== undefined) {
      // A document that was read may come back with what only the program sets, unchanged.
      const unchanged = value !== null && value === kept[name];
      if (!unchanged) tell(`cannot be set: ${field.readOnly}`, name);
    } else if (value === null) delete kept[name];
    else {
      const read = field.read(value);
      if (read === undefined) tell(refusal(field, value), name);
      else kept[name] = read;
    }
  }
  if (kind === 'user' && kept.mode === 'never') {
    // Turning recording off clears the user's settings; only what this very wish sets is told of.
    for (const name of SETTING_NAMES) {
      if (name !== 'mode' && !(name in wish.values)) delete kept[name];
    }
  }
  if (kind === 'provider' && kept.preset !== undefined) {
    kept.dialect ??= DIALECT_OF[kept.preset as Preset];
  }
  return { kind, key, values: inOrder(kind, kept) } as Entry;
}

/** The same values give the same text, whoever wrote them. */
function inOrder(kind: Kind, values: Readonly<Record<string, FieldValue>>) {
  const names = Object.keys(FIELDS[kind]).filter((name) => name in values);
  return Object.fromEntries(names.map((name) => [name, values[name]!]));
}

function unknownField(kind: Kind, name: string): string {
  return `no such field; the nearest is ${nearest(name, Object.keys(FIELDS[kind]))}`;
}

const NAME = /^[\p{L}\p{N}+*#][\p{L}\p{M}\p{N} ._@+*#'-]{0,127}$/u;

function keyProblem(kind: Kind, key: string): string | undefined {
  if (kind === 'organization') {
    return key === ORGANIZATION_KEY ? undefined : 'there is one organization: it has no other key';
  }
  if (kind === 'provider' && key.toLowerCase() === NO_PROVIDER) {
    return `"${NO_PROVIDER}" says that nobody records: take another name`;
  }
  if (kind === 'prompt' && key.toLowerCase() === SHIPPED_PROMPT) {
    return `"${SHIPPED_PROMPT}" is the prompt that comes with the product: take another name`;
  }
  // What settings name is as long as a setting may be.
  const most = kind === 'provider' || kind === 'prompt' ? 64 : 128;
  if (NAME.test(key) && key.trim() === key && key.length <= most) return undefined;
  return `wants a name of at most ${most} letters, digits, spaces and . _ @ + - ' * #, got ${JSON.stringify(key.slice(0, 80))}`;
}
