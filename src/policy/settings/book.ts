import { type DialPlan, type Identity, identityOf, normaliseNumber, numberKey } from '../identity';
import { type Entry, FIELDS, KINDS, type Kind, ORGANIZATION_KEY, type Values } from './entries';
import { type FieldValue, toText } from './field';

/** One entry before and after: absent before it was made, absent after it was removed. */
export interface Edit {
  readonly kind: Kind;
  readonly key: string;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** What is different in each field of an edit, as text; an empty text is no value. */
export function changedFields({ kind, before, after }: Edit): {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}[] {
  const textOf = (entry: Entry | undefined, field: string) =>
    toText((entry?.values as Readonly<Record<string, FieldValue>> | undefined)?.[field]);
  return Object.keys(FIELDS[kind])
    .map((field) => ({ field, before: textOf(before, field), after: textOf(after, field) }))
    .filter((one) => one.before !== one.after);
}

/** What looks entries up: the book as it is, or as it would be. */
export interface Lookup {
  get<K extends Kind>(kind: K, key: string): Entry<K> | undefined;
  /** The user who is known by an identity: `identity` is a key of `identitiesOf`. */
  ownerOf(identity: string): string | undefined;
}

/** Every entry in memory, and the users by how calls name them. */
export class SettingsBook implements Lookup {
  readonly #entries = new Map<Kind, Map<string, Entry>>(KINDS.map((kind) => [kind, new Map()]));
  readonly #byNumber = new Map<string, string>();
  readonly #byAor = new Map<string, string>();
  #voicemail: ReadonlySet<string> = new Set();

  constructor(private readonly plan?: DialPlan) {}

  get<K extends Kind>(kind: K, key: string): Entry<K> | undefined {
    return this.#entries.get(kind)!.get(key) as Entry<K> | undefined;
  }

  get organization(): Values<'organization'> {
    return this.get('organization', ORGANIZATION_KEY)?.values ?? {};
  }

  /** Every entry of a kind, by key. */
  list<K extends Kind>(kind: K): Entry<K>[] {
    const entries = [...this.#entries.get(kind)!.values()] as Entry<K>[];
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** The user whom a party of a call is. */
  userOf({ aor, number }: Identity): Entry<'user'> | undefined {
    const key =
      (aor === undefined ? undefined : this.#byAor.get(aor)) ??
      (number === undefined ? undefined : this.#byNumber.get(numberKey(number)));
    return key === undefined ? undefined : this.get('user', key);
  }

  /** Whether there is any number at which voicemail answers. */
  get hasVoicemail(): boolean {
    return this.#voicemail.size > 0;
  }

  /** Whether voicemail answers at this identity. */
  isVoicemail({ number }: Identity): boolean {
    return number !== undefined && this.#voicemail.has(numberKey(number));
  }

  /** The identities of a user in the form in which they are looked up; those of two users never meet. */
  identitiesOf({ values }: Entry<'user'>): { readonly shown: string; readonly key: string }[] {
    return [
      ...(values.numbers ?? []).map((shown) => ({ shown, key: `tel:${this.#numberKey(shown)}` })),
      ...(values.aors ?? []).map((shown) => ({ shown, key: `sip:${this.#aorKey(shown)}` })),
    ];
  }

  ownerOf(identity: string): string | undefined {
    return (identity.startsWith('tel:') ? this.#byNumber : this.#byAor).get(identity.slice(4));
  }

  put(entry: Entry): void {
    this.remove(entry.kind, entry.key);
    this.#entries.get(entry.kind)!.set(entry.key, entry);
    if (entry.kind === 'user') this.#index(entry as Entry<'user'>);
    if (entry.kind === 'organization') this.#readVoicemail();
  }

  remove(kind: Kind, key: string): void {
    const entry = this.get(kind, key);
    if (!entry) return;
    this.#entries.get(kind)!.delete(key);
    if (entry.kind === 'user') this.#unindex(entry as Entry<'user'>);
    if (entry.kind === 'organization') this.#readVoicemail();
  }

  /** Makes an edit, or takes it back. */
  apply({ kind, key, before, after }: Edit, back = false): void {
    const entry = back ? before : after;
    if (entry) this.put(entry);
    else this.remove(kind, key);
  }

  copy(): SettingsBook {
    const copy = new SettingsBook(this.plan);
    for (const kind of KINDS) for (const entry of this.list(kind)) copy.put(entry);
    return copy;
  }

  #index({ key, values }: Entry<'user'>): void {
    for (const one of values.numbers ?? []) this.#byNumber.set(this.#numberKey(one), key);
    for (const one of values.aors ?? []) this.#byAor.set(this.#aorKey(one), key);
  }

  /** Only what is still this user's: within one change an identity may have gone to another. */
  #unindex({ key, values }: Entry<'user'>): void {
    const drop = (map: Map<string, string>, identity: string) => {
      if (map.get(identity) === key) map.delete(identity);
    };
    for (const one of values.numbers ?? []) drop(this.#byNumber, this.#numberKey(one));
    for (const one of values.aors ?? []) drop(this.#byAor, this.#aorKey(one));
  }

  #readVoicemail(): void {
    const { voicemailNumbers = [] } = this.organization;
    this.#voicemail = new Set(voicemailNumbers.map((number) => this.#numberKey(number)));
  }

  #numberKey(number: string): string {
    return numberKey(normaliseNumber(number, this.plan) ?? number);
  }

  #aorKey(aor: string): string {
    return identityOf(aor, this.plan)?.aor ?? aor;
  }
}
