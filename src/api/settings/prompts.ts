import type { FastifyInstance } from 'fastify';
import { promptNamed } from '../../policy';
import { addPrompt, LARGEST_PROMPT, type Upload } from '../../tones';
import { authorOf } from './author';
import { absent, change, changed, type Named, type SettingsRoutes } from './change';
import { addListing } from './lists';

const SOUND = /^(?:audio\/|application\/octet-stream)/;

const WANTED =
  'wants a WAV file as the body, with Content-Type: audio/wav, or words, with text/plain';

/** Prompts of one's own: sound or words as the body, in both directions. */
export async function addPrompts(server: FastifyInstance, options: SettingsRoutes): Promise<void> {
  const { source, clock } = options;
  const { store } = source;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(SOUND, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, { kind: 'wav', file: body });
  });
  server.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => {
    done(null, { kind: 'text', text: String(body).trim(), speaks: source.speaks });
  });
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
  addListing(server, options, 'prompts', 'prompt');
  server.get<Named>('/v1/prompts/:name', async (request, reply) => {
    const { name } = request.params;
    const prompt = await promptNamed(store, name);
    if (!prompt) return absent(reply, 'prompt', name);
    if (prompt.kind === 'text') return reply.type('text/plain; charset=utf-8').send(prompt.text);
    return reply
      .type('audio/wav')
      .header('etag', `"${prompt.sha256}"`)
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}.wav`)
      .send(prompt.wav);
  });
  server.put<Named>('/v1/prompts/:name', { bodyLimit: LARGEST_PROMPT }, async (request, reply) => {
    const { name } = request.params;
    const author = authorOf(request, clock.wall());
    const upload = request.body as Upload | undefined;
    if (!upload) return reply.code(415).send({ error: WANTED });
    const problems = await addPrompt(store, author, name, upload);
    return changed(reply, problems, store.current().get('prompt', name));
  });
  server.delete<Named>('/v1/prompts/:name', (request, reply) => {
    const { name: key } = request.params;
    return change(request, reply, options, { do: 'remove', kind: 'prompt', key }, 'prompt', key);
  });
}
