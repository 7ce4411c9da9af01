/** How alike two recordings are, and by how much the second is late. */
export interface Correlation {
  /** Normalised cross-correlation at the best offset: 1 is the same up to loudness, 0 unrelated. */
  readonly coefficient: number;
  /** Where `reference` begins in `recorded`, in milliseconds; negative when its beginning is missing. */
  readonly offsetMs: number;
}

/** The coarse search compares envelopes of this many milliseconds. */
const COARSE_MS = 4;

/**
 * Finds `reference` in `recorded` (both mono PCM at `rate` Hz). A coarse search over energy envelopes
 * finds the place, a fine one over samples the offset to one sample.
 */
export function correlate(reference: Int16Array, recorded: Int16Array, rate: number): Correlation {
  if (reference.length === 0 || recorded.length === 0) return { coefficient: 0, offsetMs: 0 };
  const step = Math.max(1, Math.round((rate * COARSE_MS) / 1000));
  const coarse = best(envelope(reference, step), envelope(recorded, step), undefined);
  const fine = best(Float64Array.from(reference), Float64Array.from(recorded), {
    from: (coarse.lag - 2) * step,
    to: (coarse.lag + 2) * step,
  });
  return { coefficient: fine.value, offsetMs: (fine.lag * 1000) / rate };
}

/** Root mean square of each block, less the mean of all, so that silence counts against noise. */
function envelope(samples: Int16Array, step: number): Float64Array {
  const blocks = new Float64Array(Math.ceil(samples.length / step));
  for (let at = 0; at < samples.length; at++) blocks[Math.floor(at / step)]! += samples[at]! ** 2;
  let mean = 0;
  for (let block = 0; block < blocks.length; block++) {
    blocks[block] = Math.sqrt(blocks[block]! / step);
    mean += blocks[block]! / blocks.length;
  }
  return blocks.map((value) => value - mean);
}

/** The lag in [from, to] at which `x` lies best over `y`; at least half of `x` must lie inside. */
function best(
  x: Float64Array,
  y: Float64Array,
  range: { readonly from: number; readonly to: number } | undefined,
): { readonly lag: number; readonly value: number } {
  const half = Math.floor(x.length / 2);
  const from = Math.max(range?.from ?? -half, -half);
  const to = Math.min(range?.to ?? y.length - half, y.length - half);
  let found = { lag: 0, value: 0 };
  for (let lag = from; lag <= to; lag++) {
    const first = Math.max(0, -lag);
    const last = Math.min(x.length, y.length - lag);
    let xy = 0;
    let xx = 0;
    let yy = 0;
    for (let at = first; at < last; at++) {
      const a = x[at]!;
      const b = y[at + lag]!;
      xy += a * b;
      xx += a * a;
      yy += b * b;
    }
    const value = xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
    if (value > found.value) found = { lag, value };
  }
  return found;
}
