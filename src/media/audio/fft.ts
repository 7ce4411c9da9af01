/**
 * Discrete Fourier transform in place, by the iterative radix-2 algorithm (Cooley and Tukey, 1965).
 * Forward and unscaled; the inverse is the forward one with both arrays swapped, divided by the size.
 * @param re real parts, a power of two long
 * @param im imaginary parts, as long
 */
export function fft(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let at = 1, mirrored = 0; at < size; at++) {
    let bit = size >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (at >= mirrored) continue;
    [re[at], re[mirrored]] = [re[mirrored]!, re[at]!];
    [im[at], im[mirrored]] = [im[mirrored]!, im[at]!];
  }
  for (let span = 2; span <= size; span *= 2) {
    const half = span / 2;
    for (let turn = 0; turn < half; turn++) {
      const angle = (-2 * Math.PI * turn) / span;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      for (let low = turn; low < size; low += span) {
        const high = low + half;
        const r = re[high]! * cos - im[high]! * sin;
        const i = re[high]! * sin + im[high]! * cos;
        re[high] = re[low]! - r;
        im[high] = im[low]! - i;
        re[low]! += r;
        im[low]! += i;
      }
    }
  }
}
