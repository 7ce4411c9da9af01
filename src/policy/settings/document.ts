import { type Entry, EXTERNAL_TYPE, type Kind } from './entries';

/** What an entry of a kind is called by in documents; the organization needs no name to tell it apart. */
export const KEY_NAME: Readonly<Record<Kind, string | undefined>> = {
  organization: undefined,
  provider: 'name',
  prompt: 'name',
  location: 'name',
  user: 'id',
};

/** An entry as programs see it: its name, what it sets, and for users the constant external type. */
export function toDocument({ kind, key, values }: Entry): Readonly<Record<string, unknown>> {
  const name = KEY_NAME[kind];
  return {
    ...(name !== undefined && { [name]: key }),
    ...values,
    ...(kind === 'user' && { externalType: EXTERNAL_TYPE }),
  };
}

/** The values of a document; what `toDocument` adds may come back unchanged. */
export function valuesOf(
  kind: Kind,
  key: string,
  document: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const added = toDocument({ kind, key, values: {} } as Entry);
  return Object.fromEntries(
    Object.entries(document).filter(([name, value]) => !(name in added) || added[name] !== value),
  );
}
