/** The nearest 16-bit sample. */
export function clip(value: number): number {
  return Math.max(-32_768, Math.min(32_767, value));
}
