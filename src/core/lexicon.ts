const MOST_WORDS = 1_000;
/** What is longer is no name that anybody uses. */
const MOST_CHARS = 64;

/**
 * What has been worked out of the few words that are met again and again, such as names of headers. Whoever sends
 * many others, or long ones, has them worked out each time. A word read out of a message would hold all of its text:
 * what is kept here is in memory of its own.
 */
export class Lexicon<Meaning> {
  readonly #known = new Map<string, Meaning>();

  constructor(private readonly workOut: (word: string) => Meaning) {}

  of(word: string): Meaning {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    if (word.length > MOST_CHARS || this.#known.size >= MOST_WORDS) return this.workOut(word);
    const own = Buffer.from(word, 'utf8').toString('utf8');
    const meaning = this.workOut(own);
    this.#known.set(own, meaning);
    return meaning;
  }
}
