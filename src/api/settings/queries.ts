import { type AuditQuery, type ExplainedCall, KINDS, type Kind } from '../../policy';

type Query = Readonly<Record<string, unknown>>;

const MOST = 1000;
const USUAL = 100;

/** The query of a list; a text says what is wrong with it. */
export function readPage(query: Query): { limit: number; after: string } | string {
  const wrong = unknownParameter(query, ['limit', 'after']);
  if (wrong !== undefined) return wrong;
  const limit = readCount(query.limit, USUAL);
  return limit === undefined ? LIMIT : { limit, after: text(query.after) ?? '' };
}

export function readAuditQuery(query: Query): AuditQuery | string {
  const wrong = unknownParameter(query, ['kind', 'name', 'before', 'limit']);
  if (wrong !== undefined) return wrong;
  const limit = readCount(query.limit, USUAL);
  if (limit === undefined) return LIMIT;
  const kind = text(query.kind);
  if (kind !== undefined && !KINDS.includes(kind as Kind)) return `kind wants ${KINDS.join(', ')}`;
  const before = text(query.before);
  if (before !== undefined && !/^\d{1,15}$/.test(before)) return 'before wants the id of a change';
  const key = text(query.name);
  return {
    limit,
    ...(kind !== undefined && { kind: kind as Kind }),
    ...(key !== undefined && { key }),
    ...(before !== undefined && { before: Number(before) }),
  };
}

export function readExplainQuery(
  query: Query,
): (ExplainedCall & { at: Date | undefined }) | string {
  const wrong = unknownParameter(query, ['from', 'to', 'divertedFrom', 'at']);
  if (wrong !== undefined) return wrong;
  const [from, to, at] = [text(query.from), text(query.to), text(query.at)];
  if (from === undefined || to === undefined) {
    return 'wants from and to, each a number, an address of record or a SIP URI';
  }
  const time = at === undefined ? undefined : new Date(at);
  if (time && Number.isNaN(time.getTime())) return 'at wants a time such as 2026-01-15T14:00:00Z';
  return { from, to, divertedFrom: text(query.divertedFrom), at: time };
}

const LIMIT = `limit wants a number from 1 to ${MOST}`;

function unknownParameter(query: Query, known: readonly string[]): string | undefined {
  for (const [name, value] of Object.entries(query)) {
    if (!known.includes(name))
      return `there is no parameter ${name}: ${known.join(', ')} are known`;
    if (typeof value !== 'string') return `${name} is given more than once`;
  }
  return undefined;
}

function readCount(value: unknown, usual: number): number | undefined {
  if (value === undefined) return usual;
  const count = /^\d{1,4}$/.test(String(value)) ? Number(value) : 0;
  return count >= 1 && count <= MOST ? count : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
