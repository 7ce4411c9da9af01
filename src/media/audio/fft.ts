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
  const { cos, sin } = unitCircle(size);
  for (let span = 2; span <= size; span *= 2) {
    const half = span / 2;
    const step = size / span;
    for (let block = 0; block < size; block += span) {
      for (let low = block, turn = 0; low < block + half; low++, turn += step) {
        const high = low + half;
        const r = re[high]! * cos[turn]! - im[high]! * sin[turn]!;
        const i = re[high]! * sin[turn]! + im[high]! * cos[turn]!;
        re[high] = re[low]! - r;
        im[high] = im[low]! - i;
        re[low]! += r;
        im[low]! += i;
      }
    }
  }
}

let last: { readonly size: number; readonly cos: Float64Array; readonly sin: Float64Array } = {
  size: 0,
  cos: new Float64Array(0),
  sin: new Float64Array(0),
};

/** The lower half of the circle in `size` steps to the full one; the last one made is kept. */
function unitCircle(size: number): typeof last {
  if (last.size === size) return last;
  const cos = new Float64Array(size / 2);
  const sin = new Float64Array(size / 2);
  for (let turn = 0; turn < size / 2; turn++) {
    const angle = (-2 * Math.PI * turn) / size;
    cos[turn] = Math.cos(angle);
    sin[turn] = Math.sin(angle);
  }
  last = { size, cos, sin };
  return last;
}
