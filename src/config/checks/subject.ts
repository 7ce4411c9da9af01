import { z } from 'zod';
import type { Located } from '../located';
import { type Problem, problemAt } from '../problem';
import type { schema } from '../schema';

/** The configuration as the schema gives it. */
export type Resolved = z.output<typeof schema>;

type Item<List> = List extends (infer One)[] ? One : never;
type PartialItems<List> = (Partial<Item<List>> | undefined)[];

/** What of the configuration is valid by itself: everything, when all is well. */
export interface ValidParts {
  readonly sip?: Partial<Resolved['sip']>;
  readonly media?: Partial<Resolved['media']>;
  readonly peers?: PartialItems<Resolved['peers']>;
  readonly users?: PartialItems<Resolved['users']>;
  readonly routes?: PartialItems<Resolved['routes']>;
  readonly recorder?: {
    readonly provider?: Resolved['recorder']['provider'];
    readonly standby?: Resolved['recorder']['standby'];
    readonly srtp?: Resolved['recorder']['srtp'];
    readonly embedded?: Partial<Resolved['recorder']['embedded']>;
  };
  readonly announcements?: {
    readonly source?: Resolved['announcements']['source'];
    readonly freeswitch?: Partial<Resolved['announcements']['freeswitch']>;
  };
  readonly http?: Partial<Resolved['http']>;
}

/**
 * What a check looks at: every part that was valid by itself, so that one broken key does not hide
 * what is wrong with the others, and the text as written, for its places.
 */
export interface Subject {
  readonly parts: ValidParts;
  readonly written: Located;
}

/** Whether the embedded recorder is among those that record. */
export function usesEmbeddedRecorder({
  provider,
  standby = [],
}: {
  readonly provider?: { readonly kind: string } | undefined;
  readonly standby?: ReadonlyArray<{ readonly kind: string }> | undefined;
} = {}): boolean {
  return provider?.kind === 'embedded' || standby.some(({ kind }) => kind === 'embedded');
}

/** A rule over more than one key. */
export type Check = (subject: Subject) => Problem[];

/** Reports a problem at a path of the subject. */
export function at(subject: Subject, path: readonly PropertyKey[], message: string): Problem {
  return problemAt(subject.written, path, message);
}

/** Keeps what a schema takes of a value: keys of maps, items of lists of maps; undefined for none. */
export function validPart(type: z.core.$ZodType, value: unknown): unknown {
  const result = z.safeParse(type, value);
  if (result.success) return result.data;
  const inner = type instanceof z.ZodPrefault ? type.unwrap() : type;
  if (inner instanceof z.ZodObject && typeof value === 'object' && value !== null) {
    const given = value as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(inner.shape).map(([name, key]) => [name, validPart(key, given[name])]),
    );
  }
  if (inner instanceof z.ZodArray && inner.element instanceof z.ZodObject && Array.isArray(value)) {
    return value.map((item) => validPart(inner.element, item));
  }
  return undefined;
}
