import type { Sound } from '../media';

/** Sound to be played to people, and what evidence says of it. */
export interface Cue {
  /** `start`, `stop`, `pause`, `resume`, `tone`. */
  readonly what: string;
  readonly sound: Sound;
  readonly lengthMs: number;
  /** Name of the file it came from, without its path; of what was made here, `tone`. */
  readonly fileName: string;
  /** SHA-256 of the file it came from, or of the samples where there was none; in hex. */
  readonly fileHash: string;
}
