import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../core';

/** Whether a request may see what names people. */
export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly status: 401 | 403; readonly reason: string };

const ALLOWED: Verdict = { allowed: true };

export interface Credentials {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

/**
 * With a token, it must be shown: as a bearer token (RFC 6750 §2.1), or as the password of a browser's
 * login window (RFC 7617; any user name). Without one only loopback is listened on, and the request
 * must also have been meant for this machine: a page from elsewhere whose name was made to point to
 * 127.0.0.1 (DNS rebinding) sends its own name as Host.
 */
export function judge(credentials: Credentials, token: string | undefined): Verdict {
  if (token === undefined) {
    return isLoopback(hostName(credentials.host ?? ''))
      ? ALLOWED
      : { allowed: false, status: 403, reason: 'this Host is not served without a token' };
  }
  const shown = shownToken(credentials.authorization ?? '');
  return shown !== undefined && same(shown, token)
    ? ALLOWED
    : { allowed: false, status: 401, reason: 'a token is wanted' };
}

/** What a refused caller is asked for. */
export const CHALLENGES: readonly string[] = [
  'Bearer realm="Twintrack"',
  'Basic realm="Twintrack", charset="UTF-8"',
];

/** The user name of a browser's login; undefined with a bearer token. */
export function shownName(authorization: string): string | undefined {
  const [, value = ''] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  const [name = ''] = Buffer.from(value, 'base64').toString().split(':', 1);
  return name.replace(/[^\p{L}\p{N}._@+-]/gu, '').slice(0, 64) || undefined;
}

function shownToken(authorization: string): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const login = Buffer.from(value, 'base64').toString();
      const colon = login.indexOf(':');
      return colon < 0 ? undefined : login.slice(colon + 1);
    }
    default:
      return undefined;
  }
}

/** In the same time for every wrong token, of any length. */
function same(shown: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  return bracketed ? bracketed[1]! : host.replace(/:\d*$/, '').toLowerCase();
}
