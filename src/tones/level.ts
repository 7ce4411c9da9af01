/**
 * Levels as telephony has them. 0 dBm0 is 3.14 dB below a sine that fills the A-law (ITU-T G.711), and
 * so the scale here, whatever codec the samples go to.
 */
const FULL_SCALE_SINE_DBM0 = 3.14;
const FULL_SCALE_SINE_RMS = 32_767 / Math.SQRT2;

/** Root mean square in 16-bit samples. */
export function rmsOf(dBm0: number): number {
  return FULL_SCALE_SINE_RMS * 10 ** ((dBm0 - FULL_SCALE_SINE_DBM0) / 20);
}

/** -Infinity for silence. */
export function dBm0Of(rms: number): number {
  return 20 * Math.log10(rms / FULL_SCALE_SINE_RMS) + FULL_SCALE_SINE_DBM0;
}

/** Frames in which level is looked at, at 16 kHz: 20 ms. */
const FRAME = 320;
/** Frames this far below the loudest are pauses. */
const PAUSE_DB = 25;
/** One dB below full scale, so that no codec clips. */
const HIGHEST_PEAK = 32_767 * 10 ** (-1 / 20);

/** The level of speech without its pauses, after the idea of ITU-T P.56. */
export function activeLevel(pcm: Int16Array): number {
  const powers: number[] = [];
  for (let at = 0; at < pcm.length; at += FRAME) {
    const frame = pcm.subarray(at, at + FRAME);
    powers.push(frame.reduce((sum, sample) => sum + sample * sample, 0) / frame.length);
  }
  const threshold = Math.max(0, ...powers) * 10 ** (-PAUSE_DB / 10);
  const active = powers.filter((power) => power > 0 && power >= threshold);
  const mean = active.reduce((sum, power) => sum + power, 0) / active.length;
  return active.length === 0 ? Number.NEGATIVE_INFINITY : dBm0Of(Math.sqrt(mean));
}

/** Brings the active level to `dBm0`, or as near as the peaks allow. Silence stays silence. */
export function normalized(pcm: Int16Array, dBm0: number): Int16Array {
  const level = activeLevel(pcm);
  if (level === Number.NEGATIVE_INFINITY) return pcm;
  const peak = pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const factor = Math.min(10 ** ((dBm0 - level) / 20), HIGHEST_PEAK / peak);
  return pcm.map((sample) => Math.round(sample * factor));
}
