import type { FastifyInstance } from 'fastify';
import { type Kind, toDocument } from '../../policy';
import type { SettingsRoutes } from './change';
import { readPage } from './queries';

/** `GET /v1/PATH`: every entry of a kind, page by page. */
export function addListing(
  server: FastifyInstance,
  { source: { store } }: SettingsRoutes,
  path: string,
  kind: Kind,
): void {
  server.get(`/v1/${path}`, async (request, reply) => {
    const page = readPage(request.query as Record<string, unknown>);
    if (typeof page === 'string') return reply.code(400).send({ error: page });
    const rest = store
      .current()
      .list(kind)
      .filter(({ key }) => key > page.after);
    const shown = rest.slice(0, page.limit);
    const next = rest.length > shown.length ? shown.at(-1)!.key : null;
    return { [path]: shown.map(toDocument), next };
  });
}
