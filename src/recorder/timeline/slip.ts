/** Below this peak a frame is silence, in which no one hears a change. */
const SILENCE_PEAK = 200;

/** A frame after a correction. */
export interface Slipped {
  readonly samples: Int16Array;
  /** Samples put in (positive) or taken out. */
  readonly moved: number;
}

/**
 * Makes a frame longer or shorter to bring its stream `wanted` samples later (positive) or earlier:
 * as far as wanted when the frame is silent, by one sample at its quietest place when it is not. One
 * sample a frame makes up for six parts in a thousand, a hundred times the drift of any clock.
 */
export function slip(samples: Int16Array, wanted: number): Slipped {
  if (wanted === 0 || samples.length < 2) return { samples, moved: 0 };
  const silent = samples.every((sample) => Math.abs(sample) < SILENCE_PEAK);
  const moved = silent
    ? Math.max(-(samples.length >> 1), Math.min(wanted, samples.length))
    : Math.sign(wanted);
  const at = silent ? samples.length >> 1 : quietest(samples);
  const out = new Int16Array(samples.length + moved);
  if (moved < 0) {
    const cut = Math.min(at, samples.length + moved);
    out.set(samples.subarray(0, cut));
    out.set(samples.subarray(cut - moved), cut);
  } else {
    out.set(samples.subarray(0, at + 1));
    out.fill(silent ? 0 : (samples[at]! + samples[at + 1]!) >> 1, at + 1, at + 1 + moved);
    out.set(samples.subarray(at + 1), at + 1 + moved);
  }
  return { samples: out, moved };
}

/** The sample from which the way to the next is shortest, the lowest such. Not the last one. */
function quietest(samples: Int16Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 1 < samples.length; i++) {
    const cost = 4 * Math.abs(samples[i + 1]! - samples[i]!) + Math.abs(samples[i]!);
    if (cost < least) {
      least = cost;
      best = i;
    }
  }
  return best;
}
