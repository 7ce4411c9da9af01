import { createHash } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Clock, isLoopback, type Log, SystemClock } from '../core';
import { CHALLENGES, judge } from './access';
import { addCallControl, type CallControl } from './call-control';
import { replyWithFile } from './file-reply';
import { statusPage } from './page/page';
import { SCRIPT, STYLE } from './page/style';
import { PeaksMemory } from './peaks-memory';
import { filesOf } from './recording-files';
import { readRecordingQuery } from './recording-query';
import { showCall, showRecording, summarizeRecording } from './representations';
import { addSettings } from './settings/routes';
import type { SettingsSource } from './settings/source';
import type { StatusSource } from './status-source';

export interface ApiOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** What callers must show. Without it, only loopback may be listened on. */
  readonly token?: string | undefined;
  readonly source: StatusSource;
  /** Commands to the recordings of live calls. */
  readonly control: CallControl;
  /** Settings of organization, locations and users; without them, their paths are not served. */
  readonly settings?: SettingsSource;
  /** Files of recordings leave only from beneath it. Absolute. */
  readonly recordingsDirectory: string;
  readonly log: Log;
  /** Told the status of every answer. */
  readonly onAnswered?: (status: number) => void;
  readonly clock?: Clock;
}

export interface Api {
  /** Where it listens: the port is the one the system chose. */
  readonly host: string;
  readonly port: number;
  /** Ends connections, downloads included, and listens no more. */
  close(): Promise<void>;
}

/** Recordings on the page. */
const PAGE_RECORDINGS = 20;

/** More connections than people and probes need; a flood must not take the calls' descriptors. */
const MOST_CONNECTIONS = 256;

/** Routes that name nobody. */
const OPEN = new Set(['/healthz', '/readyz']);

/** Serves status over HTTP. Rejects when the place is taken, or when it would show people to the world. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { host, token } = options;
  if (token === undefined && !isLoopback(host)) {
    throw new Error(`HTTP on ${host} wants a token: what is served names people`);
  }
  const server = fastify({
    bodyLimit: 16 * 1024,
    connectionTimeout: 30_000,
    // Files come in as well, over slow lines too.
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
    exposeHeadRoutes: false,
  });
  server.server.maxConnections = MOST_CONNECTIONS;
  addGuards(server, options);
  addProbes(server, options.source);
  addLists(server, options);
  addCallControl(server, options.control, options.source.calls, token !== undefined);
  addPage(server, options);
  const { settings, clock = new SystemClock() } = options;
  if (settings) {
    await server.register(addSettings, { source: settings, guarded: token !== undefined, clock });
  }
  await server.listen({ host, port: options.port });
  const [address] = server.addresses();
  return {
    host,
    port: typeof address === 'object' ? address.port : options.port,
    close: () => server.close(),
  };
}

function addGuards(server: FastifyInstance, { token, log, onAnswered }: ApiOptions): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(COMMON_HEADERS);
    if (OPEN.has(request.routeOptions.url ?? '')) return;
    const { authorization, host } = request.headers;
    const verdict = judge({ authorization, host }, token);
    if (verdict.allowed) return;
    if (verdict.status === 401) reply.header('www-authenticate', CHALLENGES);
    return reply.code(verdict.status).send({ error: verdict.reason });
  });
  server.addHook('onResponse', async (_request, reply) => onAnswered?.(reply.statusCode));
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'no such page' }));
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, route: request.routeOptions.url }, 'http-failed');
    return reply.code(status).send({ error: status >= 500 ? 'internal error' : error.message });
  });
}

/** For load balancers and container engines. */
function addProbes(server: FastifyInstance, source: StatusSource): void {
  server.route({
    method: ['GET', 'HEAD'],
    url: '/healthz',
    handler: async () => ({ alive: true }),
  });
  server.route({
    method: ['GET', 'HEAD'],
    url: '/readyz',
    handler: async (_request, reply) => {
      const { ready, reasons } = source.readiness();
      return reply.code(ready ? 200 : 503).send({ ready, reasons });
    },
  });
}

function addLists(server: FastifyInstance, { source, recordingsDirectory }: ApiOptions): void {
  server.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await source.metrics();
    return reply.header('content-type', contentType).send(text);
  });
  server.get('/v1/calls', async () => ({ calls: source.calls().map(showCall) }));
  server.get('/v1/recordings', async (request, reply) => {
    const query = readRecordingQuery(request.query as Record<string, unknown>);
    if (typeof query === 'string') return reply.code(400).send({ error: query });
    return { recordings: (await source.recordings(query)).map(summarizeRecording) };
  });
  server.get<{ Params: { id: string } }>('/v1/recordings/:id', async (request, reply) => {
    const recording = await source.recording(request.params.id);
    return recording ? showRecording(recording) : notThere(reply);
  });
  server.route<{ Params: { id: string; name: string } }>({
    method: ['GET', 'HEAD'],
    url: '/v1/recordings/:id/files/:name',
    handler: async (request, reply) => {
      const { id, name } = request.params;
      const recording = await source.recording(id);
      const file = recording && filesOf(recording).find((one) => one.name === name);
      return file ? replyWithFile(request, reply, file, recordingsDirectory) : notThere(reply);
    },
  });
}

function addPage(server: FastifyInstance, { source, clock = new SystemClock() }: ApiOptions): void {
  const memory = new PeaksMemory();
  server.get('/', async (_request, reply) => {
    const latest = await source.recordings({ limit: PAGE_RECORDINGS });
    const recordings = await Promise.all(
      latest.map(async (recording) => ({ recording, peaks: await memory.of(recording.audio) })),
    );
    const page = statusPage({
      now: clock.wall(),
      readiness: source.readiness(),
      calls: source.calls(),
      recordings,
    });
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .send(page);
  });
}

function notThere(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ error: 'no such recording' });
}

const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Only our own style and script, each known by its hash: text of a call can never become either. */
const PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "connect-src 'self'",
  "media-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
