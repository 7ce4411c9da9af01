/** Heights of a bar, from silence to full scale. */
const BARS = ' ▁▂▃▄▅▆▇█';
/** Below this, in dB of full scale, a bar is empty. */
const FLOOR_DB = -48;

/** One line of text that shows when a channel speaks: `columns` bars over the whole length. */
export function envelopeLine(samples: Int16Array, columns: number): string {
  const width = Math.max(1, Math.ceil(samples.length / columns));
  let line = '';
  for (let from = 0; from < samples.length; from += width) {
    const part = samples.subarray(from, from + width);
    const meanSquare = part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
    const level = 10 * Math.log10(meanSquare / 32_768 ** 2 + 1e-12);
    const height = Math.ceil((1 - Math.max(level, FLOOR_DB) / FLOOR_DB) * (BARS.length - 1));
    line += BARS[Math.min(Math.max(height, 0), BARS.length - 1)];
  }
  return line;
}
