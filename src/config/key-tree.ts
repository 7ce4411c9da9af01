import { z } from 'zod';
import { schema } from './schema';

/** What kinds of value a key takes. */
export type Kind = 'text' | 'number' | 'boolean' | 'null' | 'list' | 'map';

/** One key of the configuration as people see it: its description, its default, what is inside. */
export interface Key {
  /** One line: what it does, why one would set it. */
  readonly why: string;
  /** The default as one would write it; undefined where a value must be given. */
  readonly preset: unknown;
  readonly accepts: ReadonlySet<Kind>;
  /** The words it takes, when only certain words are taken. */
  readonly words: readonly string[];
  /** Takes no fractions. */
  readonly whole: boolean;
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** Set only from the environment, or by the key `…File` beside it. */
  readonly secret: boolean;
  /** The keys inside, when it takes a map. */
  readonly keys: ReadonlyMap<string, Key>;
  /** What a list is made of. */
  readonly item: Key | undefined;
}

/** JSON Schema of what may be written (the input side), secrets included. */
export function inputSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, { io: 'input' });
}

/** Every key, from the root down, in the order of the schema. */
export function keyTree(): Key {
  return (root ??= toKey(inputSchema()));
}

let root: Key | undefined;

/** The key at a path, list indices included; undefined where the schema knows none. */
export function keyAt(path: readonly PropertyKey[]): Key | undefined {
  return path.reduce<Key | undefined>(
    (key, step) => (typeof step === 'number' ? key?.item : key?.keys.get(String(step))),
    keyTree(),
  );
}

/** `users[0].name`. */
export function showPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at ? '.' : ''}${String(step)}`))
    .join('');
}

const KINDS: Readonly<Record<string, Kind>> = {
  string: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
  array: 'list',
  object: 'map',
};

function toKey(json: z.core.JSONSchema.BaseSchema): Key {
  const forms = [json, ...(json.anyOf ?? [])];
  const types = forms.flatMap((form) => form.type ?? []);
  const properties = forms.flatMap((form) => Object.entries(form.properties ?? {}));
  const items = forms.map((form) => form.items).find((item) => item !== undefined);
  return {
    why: json.description ?? '',
    preset: json.default,
    accepts: new Set(types.flatMap((type) => KINDS[type] ?? [])),
    words: forms
      .flatMap((form) => form.enum ?? (form.const === undefined ? [] : [form.const]))
      .map(String),
    whole: types.includes('integer'),
    least: forms.find((form) => form.minimum !== undefined)?.minimum,
    most: forms.find((form) => form.maximum !== undefined)?.maximum,
    secret: json.secret === true,
    keys: new Map(
      properties.flatMap(([name, inner]) =>
        typeof inner === 'object' ? [[name, toKey(inner)]] : [],
      ),
    ),
    item: typeof items === 'object' && !Array.isArray(items) ? toKey(items) : undefined,
  };
}
