/** What part of a representation was asked for: RFC 9110 §14. */
export type RangeRequest =
  | { readonly kind: 'whole' }
  /** Both ends included. */
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeRequest = { kind: 'whole' };

/**
 * Reads a Range header for a representation of `size` octets. Other units, several ranges and what is
 * no range at all give the whole, as RFC 9110 §14.2 lets a server do.
 */
export function rangeOf(header: string | undefined, size: number): RangeRequest {
  const asked = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!asked) return WHOLE;
  const [, from = '', to = ''] = asked;
  if (from === '') {
    if (to === '') return WHOLE;
    const length = Math.min(Number(to), size);
    return length === 0
      ? { kind: 'unsatisfiable' }
      : { kind: 'part', first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return WHOLE;
  return first >= size ? { kind: 'unsatisfiable' } : { kind: 'part', first, last };
}
