import { fft } from './fft';

/** How alike two recordings are, and by how much the second is late. */
export interface Correlation {
  /** Normalised cross-correlation at the best offset: 1 is the same up to loudness, 0 unrelated. */
  readonly coefficient: number;
  /** Where `reference` begins in `recorded`, in milliseconds; negative when its beginning is missing. */
  readonly offsetMs: number;
}

/**
 * Finds `reference` in `recorded` (both mono PCM at `rate` Hz), to one sample, by cross-correlation at
 * every offset at which at least half of it lies inside. What lies outside counts as missing, and lowers
 * the coefficient.
 */
export function correlate(reference: Int16Array, recorded: Int16Array, rate: number): Correlation {
  const products = crossCorrelation(reference, recorded);
  const energy = energyUpTo(recorded);
  const own = energyUpTo(reference)[reference.length]!;
  const half = Math.floor(reference.length / 2);
  let best = { lag: 0, coefficient: 0 };
  for (let lag = -half; lag <= recorded.length - half; lag++) {
    const heard =
      energy[Math.min(recorded.length, lag + reference.length)]! - energy[Math.max(0, lag)]!;
    if (heard <= 0 || own <= 0) continue;
    const coefficient = products(lag) / Math.sqrt(own * heard);
    if (coefficient > best.coefficient) best = { lag, coefficient };
  }
  return { coefficient: best.coefficient, offsetMs: (best.lag * 1000) / rate };
}

/** For each lag the sum of `x[n] * y[n + lag]`: by the correlation theorem, with room for every lag. */
function crossCorrelation(x: Int16Array, y: Int16Array): (lag: number) => number {
  const size = 2 ** Math.ceil(Math.log2(x.length + y.length + 1));
  // Both are real: one complex transform holds x as its real and y as its imaginary part.
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  re.set(x);
  im.set(y);
  fft(re, im);
  const productRe = new Float64Array(size);
  const productIm = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const m = (size - k) % size;
    const xRe = (re[k]! + re[m]!) / 2;
    const xIm = (im[k]! - im[m]!) / 2;
    const yRe = (im[k]! + im[m]!) / 2;
    const yIm = (re[m]! - re[k]!) / 2;
    productRe[k] = xRe * yRe + xIm * yIm;
    productIm[k] = xRe * yIm - xIm * yRe;
  }
  fft(productIm, productRe);
  return (lag) => productRe[lag < 0 ? lag + size : lag]! / size;
}

/** At index n, the energy of the first n samples. */
function energyUpTo(samples: Int16Array): Float64Array {
  const sums = new Float64Array(samples.length + 1);
  for (let at = 0; at < samples.length; at++)
    sums[at + 1] = sums[at]! + samples[at]! * samples[at]!;
  return sums;
}
