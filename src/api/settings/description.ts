import type { FastifyInstance } from 'fastify';
import { openApi } from './openapi';
import { openApiPage } from './openapi-page';

/** What can be asked, for programs and for people. */
export function addDescription(server: FastifyInstance): void {
  const document = openApi();
  const page = openApiPage(document);
  server.get('/v1/openapi.json', async () => document);
  server.get('/v1/openapi', async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  );
}
