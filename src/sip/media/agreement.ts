import type { MediaDescription, MediaLine, Negotiated, Side } from '../../media';

/** What both sides have agreed on. */
export interface Agreement {
  /** Whose offer it was. */
  readonly offerer: Side;
  readonly lines: readonly AgreedLine[];
}

export interface AgreedLine {
  readonly offer: MediaDescription;
  readonly answer: MediaDescription;
  readonly terms: Negotiated;
  /** Undefined when the answer refused it. */
  readonly line: MediaLine | undefined;
}
