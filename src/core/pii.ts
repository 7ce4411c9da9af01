/**
 * Identities in logs. Numbers, names and addresses of record of people are personal data: above
 * debug level they are shown only as a stable short form from which the person cannot be read.
 */

/** `sip:+15550123@host` → `sip:+1…23@host`; `Alice` → `A…`. Enough to tell two apart, no more. */
export function redact(identity: string): string {
  const uri = /^(sips?:|tel:)?([^@;>]*)(.*)$/is.exec(identity);
  const [, scheme = '', user = '', rest = ''] = uri ?? [];
  return `${scheme}${shorten(user)}${rest.replace(/;.*$/s, '')}`;
}

/** At least half of it stays hidden. */
function shorten(user: string): string {
  if (user.length <= 4) return user.length === 0 ? '' : `${user[0]}…`;
  if (user.length <= 7) return `${user[0]}…${user.at(-1)}`;
  return `${user.slice(0, 2)}…${user.slice(-2)}`;
}
