/**
 * A copy that keeps nothing else alive. Small buffers share a slab of several kilobytes, all of which
 * lives as long as the longest-lived of them: what lingers for half a minute must not hold one.
 */
export function compact(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
