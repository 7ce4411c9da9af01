import type { Peaks } from '../wav-peaks';
import { type Html, html } from './html';

const COLUMN = 3;
const BAR = 2;
const HEIGHT = 56;

/** Draws peaks: the first channel above the line, the second below it. */
export function waveform(peaks: Peaks): Html {
  const columns = peaks[0]?.length ?? 0;
  const middle = HEIGHT / 2;
  const bars = peaks.slice(0, 2).map((channel, index) => {
    const path = channel
      .map((level, column) => {
        const length = Math.max(1, Math.round(level * (middle - 1)));
        const top = index === 0 && peaks.length > 1 ? middle - length : middle;
        return `M${column * COLUMN} ${top}h${BAR}v${length}h-${BAR}z`;
      })
      .join('');
    return html`<path class="channel-${index}" d="${path}"/>`;
  });
  const width = columns * COLUMN;
  return html`<svg class="waveform" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Waveform">${bars}</svg>`;
}
