/** What became of the oldest digits that were undecided: they are a code, or nothing of the kind. */
export interface Decision {
  readonly digits: number;
  /** Undefined: whoever they are for is to have them. */
  readonly code: string | undefined;
}

/** How long after a digit the next one may take: then what is undecided is no code. */
export const BETWEEN_DIGITS_MS = 3_000;

/**
 * Finds codes in what is dialled, one digit after the other. Digits that may begin a code stay undecided until
 * they are one, or cannot become one any more. When it has been too long since the last one is for its
 * owner to tell.
 */
export class CodeMatcher {
  #undecided = '';

  /** None of the codes begins another. */
  constructor(private readonly codes: readonly string[]) {}

  /** How many digits wait for a decision. */
  get waiting(): number {
    return this.#undecided.length;
  }

  /** Takes the next digit, a character; one that is in no code makes what came before it none. */
  press(digit: string): readonly Decision[] {
    this.#undecided += digit;
    const decisions: Decision[] = [];
    while (this.#undecided !== '') {
      const code = this.codes.find((one) => this.#undecided.startsWith(one));
      if (code === undefined && this.codes.some((one) => one.startsWith(this.#undecided))) break;
      const digits = code?.length ?? 1;
      decisions.push({ digits, code });
      this.#undecided = this.#undecided.slice(digits);
    }
    return decisions;
  }

  /** Nothing more is coming: how many digits were no code. */
  giveUp(): number {
    const { length } = this.#undecided;
    this.#undecided = '';
    return length;
  }
}
