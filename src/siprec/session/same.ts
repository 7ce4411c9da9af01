/**
 * Whether two values say the same: data without classes but `Date`, without cycles. A property that is undefined is
 * one that is missing.
 */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  if (one instanceof Date) return other instanceof Date && one.getTime() === other.getTime();
  if (other instanceof Date) return false;
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSame(item, other[index]))
    );
  }
  return !Array.isArray(other) && within(one, other) && within(other, one);
}

type Data = Readonly<Record<string, unknown>>;

/** Whether the one has nothing that the other has not. */
function within(one: object, other: object): boolean {
  for (const name in one) {
    if (!isSame((one as Data)[name], (other as Data)[name])) return false;
  }
  return true;
}
