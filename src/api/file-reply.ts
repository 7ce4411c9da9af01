import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rangeOf } from './byte-range';
import type { RecordingFile } from './recording-files';

/**
 * Sends a file of the catalogue, whole or in part, to be played or kept. Nothing of the request names a
 * path; and whatever the catalogue says, only a plain file beneath `root` leaves.
 */
export async function replyWithFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { path, name, type }: RecordingFile,
  root: string,
): Promise<FastifyReply> {
  const handle = await openBeneath(root, path);
  if (!handle) return reply.code(404).send({ error: 'no such file' });
  let handedOver = false;
  try {
    const { size, mtimeMs } = await handle.stat();
    const tag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`;
    const { 'if-none-match': known, 'if-range': unless, range: asked } = request.headers;
    reply.header('etag', tag).header('accept-ranges', 'bytes');
    if (known === tag) return reply.code(304).send();

    // RFC 9110 §13.1.5: a part of something that has changed since is of no use.
    const range = rangeOf(unless === undefined || unless === tag ? asked : undefined, size);
    if (range.kind === 'unsatisfiable') {
      return reply.code(416).header('content-range', `bytes */${size}`).send();
    }
    const [first, last] = range.kind === 'part' ? [range.first, range.last] : [0, size - 1];
    if (range.kind === 'part') {
      reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
    }
    const way = 'download' in (request.query as object) ? 'attachment' : 'inline';
    reply
      .type(type)
      .header('content-length', last - first + 1)
      .header('content-disposition', `${way}; filename="${name.replace(/[^\w.-]/g, '_')}"`);
    if (request.method === 'HEAD' || size === 0) return reply.send();
    handedOver = true;
    return reply.send(handle.createReadStream({ start: first, end: last }));
  } finally {
    if (!handedOver) await handle.close();
  }
}

/** Opens a plain file whose real path, links followed, lies beneath `root`. */
async function openBeneath(root: string, path: string): Promise<FileHandle | undefined> {
  try {
    const [realRoot, realFile] = await Promise.all([realpath(root), realpath(path)]);
    if (!realFile.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) return undefined;
    // Not to wait for a writer, should it be a named pipe.
    const handle = await open(realFile, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    return undefined;
  } catch {
    return undefined;
  }
}
