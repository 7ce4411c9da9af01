const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'ECONNRESET',
]);

/** Error codes of PostgreSQL (its appendix A), each with what to do. */
const SAYS: Readonly<Record<string, string>> = {
  '28P01': 'refuses the login: check the user, and settings.passwordFile',
  '28000': 'refuses the login: check the user, and pg_hba.conf of the server',
  '3D000': 'is not there: make it (createdb)',
  '42501': "gives too few rights: let the user own the database's schema",
  '25006': 'can only be read: name the primary, not a standby',
  '53300': 'takes no more connections: raise max_connections',
  '53100': 'cannot grow: the disk is full',
  '55P03': 'is locked by another process; try again when that has finished',
  '57P01': 'is being shut down; it is tried again',
  '57P03': 'is starting up or shutting down; try again',
};

/** What a failure of PostgreSQL means for whoever runs the service. */
export function explainPostgres(error: unknown): string {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  const known = SAYS[code];
  if (known !== undefined) return known;
  if (!UNREACHABLE.has(code) && !/timeout|terminated|has ended/i.test(message)) return message;
  return `cannot be reached (${code || message}): check its address, and that it runs`;
}
