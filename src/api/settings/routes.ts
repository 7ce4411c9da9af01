import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  explainFields,
  exportUsers,
  importUsers,
  type Kind,
  LARGEST_IMPORT,
  ORGANIZATION_KEY,
  SettingsUnavailable,
  toDocument,
  valuesOf,
} from '../../policy';
import { authorOf, refusalOfChange } from './author';
import { absent, change, type Named, type SettingsRoutes } from './change';
import { addDescription } from './description';
import { addListing } from './lists';
import { addPrompts } from './prompts';
import { readAuditQuery, readExplainQuery } from './queries';

/** Kinds that there are many of, by the path of their list. */
const LISTS = { providers: 'provider', locations: 'location', users: 'user' } as const;

/** Settings over HTTP: the validator and the sentences of the command line. */
export async function addSettings(server: FastifyInstance, options: SettingsRoutes): Promise<void> {
  const { store } = options.source;
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof SettingsUnavailable) return reply.code(503).send({ error: error.message });
    if (error.statusCode !== 413) throw error;
    const most = (request.routeOptions.bodyLimit ?? 0) / 1024;
    return reply.code(413).send({ error: `wants a body of at most ${most} KiB: make it smaller` });
  });
  server.addHook('preHandler', async (request, reply) => {
    if (request.method === 'GET') return;
    const refusal = refusalOfChange(request, options.guarded);
    if (refusal !== undefined) return reply.code(403).send({ error: refusal });
  });

  server.get('/v1/organization', async () => ({ ...store.current().organization }));
  for (const method of ['PUT', 'PATCH'] as const) {
    server.route({
      method,
      url: '/v1/organization',
      handler: (request, reply) =>
        set(request, reply, options, 'organization', ORGANIZATION_KEY, method === 'PUT'),
    });
  }
  for (const [path, kind] of Object.entries(LISTS)) addList(server, options, path, kind);
  server.post<Named>('/v1/providers/:name/accept-terms', (request, reply) => {
    const { name: key } = request.params;
    return change(request, reply, options, { do: 'accept-terms', key }, 'provider', key);
  });
  server.get<Named>('/v1/users/:name/in-force', async (request, reply) => {
    const book = store.current();
    const user = book.get('user', request.params.name);
    return user
      ? { inForce: explainFields(book, user) }
      : absent(reply, 'user', request.params.name);
  });
  addFiles(server, options);
  await server.register(addPrompts, options);
  addHistory(server, options);
  addDescription(server);
}

function addList(
  server: FastifyInstance,
  options: SettingsRoutes,
  path: string,
  kind: Exclude<Kind, 'organization'>,
): void {
  const { store } = options.source;
  addListing(server, options, path, kind);
  server.get<Named>(`/v1/${path}/:name`, async (request, reply) => {
    const { name } = request.params;
    const entry = store.current().get(kind, name);
    return entry ? toDocument(entry) : absent(reply, kind, name);
  });
  for (const method of ['PUT', 'PATCH'] as const) {
    server.route<Named>({
      method,
      url: `/v1/${path}/:name`,
      handler: (request, reply) =>
        set(request, reply, options, kind, request.params.name, method === 'PUT'),
    });
  }
  server.delete<Named>(`/v1/${path}/:name`, (request, reply) => {
    const { name: key } = request.params;
    return change(request, reply, options, { do: 'remove', kind, key }, kind, key);
  });
}

/** Users as files, in both directions. */
function addFiles(server: FastifyInstance, options: SettingsRoutes): void {
  const { store } = options.source;
  const types = /^(?:text\/(?:csv|plain|yaml)|application\/(?:yaml|x-yaml|octet-stream))/;
  server.removeContentTypeParser('text/plain');
  server.addContentTypeParser(types, { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  for (const format of ['csv', 'yaml'] as const) {
    server.get(`/v1/users.${format}`, async (_request, reply) =>
      reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/yaml')
        .header('content-disposition', `attachment; filename="users.${format}"`)
        .send(exportUsers(store.current(), format)),
    );
    server.post(`/v1/users.${format}`, { bodyLimit: LARGEST_IMPORT }, async (request, reply) => {
      if (typeof request.body !== 'string') {
        const type = format === 'csv' ? 'text/csv' : 'application/yaml';
        return reply
          .code(415)
          .send({ error: `wants the file as the body, with Content-Type: ${type}` });
      }
      const author = authorOf(request, options.clock.wall());
      const { users, problems } = await importUsers(store, author, request.body, format);
      if (problems.length === 0) return { imported: users };
      return reply.code(400).send({ error: 'nothing was imported', problems });
    });
  }
}

function addHistory(server: FastifyInstance, { source }: SettingsRoutes): void {
  server.get('/v1/audit', async (request, reply) => {
    const query = readAuditQuery(request.query as Record<string, unknown>);
    if (typeof query === 'string') return reply.code(400).send({ error: query });
    const changes = await source.store.audit(query);
    return {
      changes: changes.map(({ id, at, by, kind, key, before, after }) => ({
        id,
        at: at.toISOString(),
        by,
        kind,
        name: key,
        before: before?.values ?? null,
        after: after?.values ?? null,
      })),
    };
  });
  server.get('/v1/policy/explain', async (request, reply) => {
    const query = readExplainQuery(request.query as Record<string, unknown>);
    if (typeof query === 'string') return reply.code(400).send({ error: query });
    return { sides: await source.explain(query) };
  });
}

async function set(
  request: FastifyRequest,
  reply: FastifyReply,
  options: SettingsRoutes,
  kind: Kind,
  key: string,
  whole: boolean,
): Promise<unknown> {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return reply
      .code(400)
      .send({ error: 'wants a JSON object of fields, with Content-Type: application/json' });
  }
  const values = valuesOf(kind, key, body as Record<string, unknown>);
  const existing = !whole && kind !== 'organization';
  const wish = { do: 'set', kind, key, values, whole, existing } as const;
  return change(request, reply, options, wish, kind, key);
}
