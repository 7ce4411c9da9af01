import { stat } from 'node:fs/promises';
import { type Peaks, wavPeaks } from './wav-peaks';

const COLUMNS = 240;
const MOST = 500;

/** Remembers the peaks of files that have not changed, so that a page costs nothing the second time. */
export class PeaksMemory {
  readonly #known = new Map<
    string,
    { readonly stamp: string; readonly peaks: Peaks | undefined }
  >();

  async of(path: string): Promise<Peaks | undefined> {
    const stamp = await stat(path).then(
      ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
      () => undefined,
    );
    if (stamp === undefined) return undefined;
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return known.peaks;
    const peaks = await wavPeaks(path, COLUMNS);
    this.#known.delete(path);
    if (this.#known.size >= MOST) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(path, { stamp, peaks });
    return peaks;
  }
}
