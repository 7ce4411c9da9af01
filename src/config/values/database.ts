import { resolve } from 'node:path';
import { type Parsed, parsed, refused } from './parsed';

const WANTED = 'wants a file, or a URL such as postgres://twintrack@db.example.com/settings';

/** Where settings are kept: a file, made absolute, or the URL of a PostgreSQL database without its password. */
export function parseDatabase(text: string): Parsed<string> {
  if (text === '' || text.length > 4096) return refused(WANTED);
  if (!/^[a-z]+:\/\//i.test(text)) return parsed(resolve(text));
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(?:ql)?:$/.test(url.protocol) || url.pathname.length < 2) {
    return refused(WANTED);
  }
  if (url.password !== '' || url.searchParams.has('password')) {
    return refused(
      'wants no password here: put it into a file, and name that by settings.passwordFile',
    );
  }
  return parsed(text);
}
