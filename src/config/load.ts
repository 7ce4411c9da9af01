import { readFileSync } from 'node:fs';
import { crossChecks, type Resolved, type ValidParts, validPart } from './checks';
import { defaultLayer } from './defaults';
import { type DeepReadonly, deepFreeze } from './freeze';
import { toProblems } from './issues';
import { type Key, keyTree } from './key-tree';
import { type Entry, type Located, locate, overlay, plain } from './located';
import type { Problem } from './problem';
import { type Provenance, provenanceOf } from './provenance';
import { schema } from './schema';
import { resolveSecrets } from './secrets';
import { readEnvironment } from './sources/environment';
import { type Flags, readFlags } from './sources/flags';
import { type Read, readYaml } from './sources/yaml-file';

/** Everything the service was told, validated, resolved and frozen. Paths are absolute. */
export type Config = DeepReadonly<Resolved>;

export interface ConfigSources {
  /** The YAML file; without one, the defaults stand for it. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: Flags;
}

export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly provenance: readonly Provenance[] }
  /** Every problem there is, in the order of the file. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Flags over environment over file over defaults. Never throws for what a person wrote. */
export function loadConfig({ file, env, flags }: ConfigSources): Loaded {
  const layers = [
    ...(file === undefined ? [] : [readFile(file)]),
    readEnvironment(env),
    readFlags(flags),
  ];
  const problems = layers.flatMap((layer) => layer.problems);
  const merged = layers.reduce(
    (under, { located }) => overlay(under, withoutEmptySections(located, keyTree())),
    defaultLayer(),
  );
  const secrets = resolveSecrets(merged);
  const written = secrets.located;
  problems.push(...secrets.problems);

  const values = plain(written);
  const whole = schema.safeParse(values);
  if (!whole.success) problems.push(...toProblems(whole.error.issues, written));
  const parts = validPart(schema, values) as ValidParts;
  problems.push(...crossChecks({ parts, written }));

  if (!whole.success || problems.length > 0) {
    return { ok: false, problems: inOrder(problems) };
  }
  return { ok: true, config: deepFreeze(whole.data), provenance: provenanceOf(written) };
}

/** The configuration of a service that was told nothing. */
export function defaultConfig(): Config {
  return deepFreeze(schema.parse(plain(defaultLayer())));
}

function readFile(file: string): Read {
  try {
    return readYaml(readFileSync(file, 'utf8'), file);
  } catch (error) {
    const origin = { kind: 'file', file, line: 1, column: 1 } as const;
    const message = `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    return { located: locate({}, origin), problems: [{ path: '', message, origin }] };
  }
}

/** `sip:` with nothing under it, as when all its keys are commented out, counts as not written. */
function withoutEmptySections(located: Located, key: Key): Located {
  if (located.kind !== 'map') return located;
  const entries = [...located.entries].flatMap(([name, entry]): [string, Entry][] => {
    const inner = key.keys.get(name);
    const { value } = entry;
    if (!inner) return [[name, entry]];
    const emptied = value.kind === 'scalar' && value.value === null && !inner.accepts.has('null');
    if (emptied && (inner.accepts.has('map') || inner.accepts.has('list'))) return [];
    return [[name, { ...entry, value: withoutEmptySections(value, inner) }]];
  });
  return { ...located, entries: new Map(entries) };
}

/** As one reads the file, and what does not stand in a file after it. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const line = ({ origin }: Problem) =>
    origin.kind === 'file' ? origin.line : Number.MAX_SAFE_INTEGER;
  const column = ({ origin }: Problem) => (origin.kind === 'file' ? origin.column : 0);
  return [...problems].sort((a, b) => line(a) - line(b) || column(a) - column(b));
}
