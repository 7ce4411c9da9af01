/** A run of packets that did not come; positions in frames of the audio. */
export interface LostRun {
  readonly frame: number;
  readonly frames: number;
  readonly packets: number;
}

interface Run {
  frame: number;
  readonly frames: number;
  packets: number;
  readonly from: number;
  readonly until: number;
}

/** More are counted by the loss counter alone. */
const MAX_RUNS = 1_000;
/** A latecomer can only fill one of the last runs. */
const FILLABLE = 8;

/** The runs of lost packets of a stream. */
export class GapLog {
  readonly #runs: Run[] = [];

  /** Packets `from` to before `until` (extended sequence numbers) are missing. */
  add(frame: number, frames: number, from: number, until: number): void {
    if (this.#runs.length >= MAX_RUNS || frames <= 0) return;
    this.#runs.push({ frame, frames, packets: until - from, from, until });
  }

  /** A packet came after all. */
  fill(sequence: number): void {
    for (const run of this.#runs.slice(-FILLABLE)) {
      if (sequence >= run.from && sequence < run.until) run.packets--;
    }
  }

  /** The whole stream has moved in the audio. */
  move(frames: number): void {
    for (const run of this.#runs) run.frame += frames;
  }

  get runs(): readonly LostRun[] {
    return this.#runs.filter(({ packets }) => packets > 0);
  }
}
