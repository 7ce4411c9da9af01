/** Where a value came from. Lines and columns count from 1. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly flag: string };

/** A value as it was written, each part with its origin. */
export type Located = LocatedMap | LocatedList | LocatedScalar;

export interface LocatedMap {
  readonly kind: 'map';
  readonly origin: Origin;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Where the key itself stands, for keys nobody knows. */
  readonly key: Origin;
  readonly value: Located;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly origin: Origin;
  readonly items: readonly Located[];
}

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly origin: Origin;
  readonly value: unknown;
}

/** Gives every part of a plain value the same origin. */
export function locate(value: unknown, origin: Origin): Located {
  if (Array.isArray(value)) {
    return { kind: 'list', origin, items: value.map((item) => locate(item, origin)) };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, inner]): [string, Entry] => [
      name,
      { key: origin, value: locate(inner, origin) },
    ]);
    return { kind: 'map', origin, entries: new Map(entries) };
  }
  return { kind: 'scalar', origin, value };
}

/** Lays `over` upon `under`: maps join key by key, anything else replaces what was there. */
export function overlay(under: Located | undefined, over: Located): Located {
  if (under?.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(under.entries);
  for (const [name, entry] of over.entries) {
    entries.set(name, { key: entry.key, value: overlay(entries.get(name)?.value, entry.value) });
  }
  return { kind: 'map', origin: over.origin, entries };
}

/** A map that holds one value at `path`. */
export function nest(path: readonly string[], value: Located): Located {
  return path.reduceRight<Located>(
    (inner, step) => ({
      kind: 'map',
      origin: value.origin,
      entries: new Map([[step, { key: value.origin, value: inner }]]),
    }),
    value,
  );
}

/** Plain values, as the schema reads them. Maps have no prototype: any word is safe as a key. */
export function plain(located: Located): unknown {
  switch (located.kind) {
    case 'scalar':
      return located.value;
    case 'list':
      return located.items.map(plain);
    case 'map': {
      const map: Record<string, unknown> = Object.create(null);
      for (const [name, entry] of located.entries) map[name] = plain(entry.value);
      return map;
    }
  }
}

/** The part at `path`, or undefined. */
export function at(
  located: Located | undefined,
  path: readonly PropertyKey[],
): Located | undefined {
  return path.reduce<Located | undefined>((part, step) => {
    if (part?.kind === 'map') return part.entries.get(String(step))?.value;
    if (part?.kind === 'list') return part.items[Number(step)];
    return undefined;
  }, located);
}

/** Where the part at `path` stands, or the innermost part around it that was written at all. */
export function originAt(located: Located, path: readonly PropertyKey[]): Origin {
  for (let length = path.length; length > 0; length--) {
    const part = at(located, path.slice(0, length));
    if (part) return part.origin;
  }
  return located.origin;
}

/** Where the key at the end of `path` stands. */
export function keyOriginAt(located: Located, path: readonly PropertyKey[]): Origin {
  const around = at(located, path.slice(0, -1));
  const entry = around?.kind === 'map' ? around.entries.get(String(path.at(-1))) : undefined;
  return entry?.key ?? originAt(located, path);
}

/** `default`, `twintrack.yaml:12`, `env TWINTRACK_SIP__LISTEN`, `flag --http`. */
export function showOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'environment':
      return `env ${origin.name}`;
    case 'flag':
      return `flag ${origin.flag}`;
  }
}
