import type { FastifyRequest } from 'fastify';
import { shownName } from '../access';

/** Who changes settings, for the log: the user name of a login, else the kind of token, and from where. */
export function authorOf(request: FastifyRequest, now: Date): { by: string; at: Date } {
  const name = shownName(request.headers.authorization ?? '') ?? 'token';
  return { by: `http:${name}@${request.ip}`, at: now };
}

/**
 * Why a change is refused whoever asks; undefined when it is not. A browser that knows the password shows it
 * for every page that makes it ask, so only a page from here may.
 */
export function refusalOfChange(request: FastifyRequest, guarded: boolean): string | undefined {
  if (!guarded) return 'changes want a token: set http.tokenFile or TWINTRACK_HTTP__TOKEN';
  const { origin, host } = request.headers;
  if (origin === undefined || origin.replace(/^https?:\/\//, '') === host) return undefined;
  return 'a page from elsewhere may change nothing here';
}
