import { canonicalName } from './message';
import type { Headers } from './types';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Headers in the form drachtio-srf writes them. A name with several values becomes several header
 * lines and not one joined by commas: joining is wrong for WWW-Authenticate and the like (RFC 3261
 * §7.3.1), and drachtio-srf has no other way to repeat a name. A line break inside a value would be a
 * header of somebody's own making, and becomes a space.
 *
 * A body without a Content-Type is SDP.
 */
export function wireHeaders(
  headers: Headers | undefined,
  body: string | undefined,
  product?: readonly [name: string, value: string],
): Record<string, string> {
  const wire: Record<string, string> = {};
  let typed = false;
  let named = false;
  for (const name in headers) {
    const given = headers[name]!;
    if (!TOKEN.test(name)) continue;
    const key = canonicalName(name);
    if (key === 'content-type') typed = true;
    if (product && key === product[0]) named = true;
    if (typeof given === 'string') {
      wire[name] = oneLine(given);
    } else if (given.length > 0) {
      wire[name] = given.map(oneLine).join(`\r\n${name}: `);
    }
  }
  if (body && !typed) wire['content-type'] = 'application/sdp';
  if (product && !named) wire[product[0]] = product[1];
  return wire;
}

function oneLine(value: string): string {
  return /[\r\n]/.test(value) ? value.replace(/[\r\n]+[ \t]*/g, ' ') : value;
}
