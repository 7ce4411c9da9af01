import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../core';
import {
  type Entry,
  entryName,
  type Kind,
  planChanges,
  type SettingsProblem,
  toDocument,
  type Wish,
} from '../../policy';
import { authorOf } from './author';
import type { SettingsSource } from './source';

export interface SettingsRoutes {
  readonly source: SettingsSource;
  /** Whether callers must show a token: without, nothing is changed. */
  readonly guarded: boolean;
  readonly clock: Clock;
}

/** Parameters of a path that ends in a name. */
export type Named = { Params: { name: string } };

/** Makes a wish true and answers with the entry, or says what is wrong with it. */
export async function change(
  request: FastifyRequest,
  reply: FastifyReply,
  { source: { store }, clock }: SettingsRoutes,
  wish: Wish,
  kind: Kind,
  key: string,
): Promise<unknown> {
  const author = authorOf(request, clock.wall());
  const problems = await store.change(author, (book) => planChanges(book, [wish], author));
  return changed(reply, problems, store.current().get(kind, key));
}

/** The answer to a change: the entry as it is now, or what was wrong. */
export function changed(
  reply: FastifyReply,
  problems: readonly SettingsProblem[],
  entry: Entry | undefined,
): unknown {
  if (problems.length === 0) return entry ? toDocument(entry) : reply.code(204).send();
  const status = problems.some(({ absent }) => absent) ? 404 : 400;
  return reply.code(status).send({
    error: 'nothing was changed',
    problems: problems.map(({ entry: name, field, message }) => ({ entry: name, field, message })),
  });
}

export function absent(reply: FastifyReply, kind: Kind, name: string): FastifyReply {
  return reply.code(404).send({ error: `there is no ${entryName(kind, name)}` });
}
