import { type Parsed, parsed, refused } from './parsed';

/**
 * A regular expression over the called number, safe to run on what a stranger dials: it can neither
 * blow up (ReDoS) nor see more than `LONGEST_NUMBER` characters, and it always matches the whole
 * number. Only what number plans need is allowed; the rest is refused with what to write instead.
 */
export interface NumberPattern {
  readonly source: string;
  /** Whole-match: `exec(number)?.[1]` is the first group. */
  readonly regex: RegExp;
  readonly groups: number;
}

const LONGEST_PATTERN = 512;
const LONGEST_NUMBER = 128;

/** Steps a backtracking matcher may need at most, by the estimate below: some milliseconds. */
const MOST_STEPS = 1_000_000;

/** What one part of variable length costs: it may end at about as many places as a number is long. */
const STEPS_OF_ANY_LENGTH = 64;

export function parseNumberPattern(text: string): Parsed<NumberPattern> {
  if (text.length > LONGEST_PATTERN) {
    return refused(`wants at most ${LONGEST_PATTERN} characters, got ${text.length}`);
  }
  try {
    new RegExp(text, 'u');
  } catch (error) {
    const reason = (error as Error).message.replace(/^.*\/u?: /, '');
    return refused(`wants a regular expression, got "${text}": ${reason}`);
  }
  const survey = surveyPattern(text);
  if (typeof survey === 'string') return refused(survey);
  if (survey.steps > MOST_STEPS) {
    return refused(
      `could take ${survey.steps.toExponential(0)} steps on one number: use fewer *, +, ? and alternatives in "${text}"`,
    );
  }
  const regex = new RegExp(`^(?=[^]{0,${LONGEST_NUMBER}}$)(?:${text})$`, 'u');
  try {
    // The engine compiles at first use, and only then says that counts such as {9999} are too many.
    regex.test('0');
  } catch {
    return refused(`wants smaller repetition counts, got "${text}"`);
  }
  return parsed({ source: text, regex, groups: survey.groups });
}

/** `$1` … `$9` of a rewrite, and `$&` for the whole number, must exist in the pattern. */
export function parseRewrite(text: string): Parsed<string> {
  if (/^(?:[+0-9A-Za-z*#_.-]|\$[1-9&])+$/.test(text)) return parsed(text);
  return refused(`wants digits, letters, + * # and the groups $1 to $9 or $&, got "${text}"`);
}

/** The highest group a rewrite uses. */
export function rewriteGroups(rewrite: string): number {
  return Math.max(0, ...[...rewrite.matchAll(/\$([1-9])/g)].map(([, group]) => Number(group)));
}

interface Survey {
  readonly groups: number;
  /** Upper estimate of the ways a backtracking matcher may try. */
  readonly steps: number;
}

interface Group {
  branches: number;
  /** Holds something of variable length, so repeating it would multiply the ways exponentially. */
  varies: boolean;
}

/** Walks a pattern that the engine has accepted; a text says why it is not wanted here. */
function surveyPattern(source: string): Survey | string {
  const open: Group[] = [{ branches: 1, varies: false }];
  let groups = 0;
  let steps = 1;
  let closed: Group | undefined;

  for (let at = 0; at < source.length; at++) {
    const char = source[at]!;
    const atom = closed;
    closed = undefined;
    if (char === '\\') {
      const escaped = source[at + 1] ?? '';
      if (/[1-9k]/.test(escaped)) return `must not refer back to a group (\\${escaped})`;
      at += 1;
    } else if (char === '[') {
      at = endOfClass(source, at);
    } else if (char === '(') {
      if (source[at + 1] !== '?') groups += 1;
      else if (source[at + 2] === ':') at += 2;
      else return `may use (…) and (?:…) only, got "${source.slice(at, at + 4)}"`;
      open.push({ branches: 1, varies: false });
    } else if (char === ')') {
      closed = open.pop()!;
      steps *= closed.branches;
      open.at(-1)!.varies ||= closed.varies || closed.branches > 1;
    } else if (char === '|') {
      open.at(-1)!.branches += 1;
    } else {
      const repeat = repeatAt(source, at);
      if (!repeat) continue;
      at += repeat.length - 1;
      // A lazy mark changes the order of the ways and not their number.
      if (source[at + 1] === '?') at += 1;
      if (atom && repeat.most > 1 && (atom.varies || atom.branches > 1)) {
        return 'must not repeat a group that holds *, +, ?, {m,n} or | itself: spell the repetition out, or use a class such as [12]';
      }
      const ways = Math.min(repeat.most - repeat.least + 1, STEPS_OF_ANY_LENGTH);
      steps *= ways;
      open.at(-1)!.varies ||= ways > 1;
    }
  }
  return { groups, steps: steps * open[0]!.branches };
}

interface Repeat {
  readonly length: number;
  readonly least: number;
  readonly most: number;
}

function repeatAt(source: string, at: number): Repeat | undefined {
  switch (source[at]) {
    case '*':
      return { length: 1, least: 0, most: Number.POSITIVE_INFINITY };
    case '+':
      return { length: 1, least: 1, most: Number.POSITIVE_INFINITY };
    case '?':
      return { length: 1, least: 0, most: 1 };
    case '{': {
      const [text = '', least = '0', comma, most] =
        /^\{(\d+)(,)?(\d+)?\}/.exec(source.slice(at, at + 24)) ?? [];
      if (text === '') return undefined;
      const unbounded = comma !== undefined && most === undefined;
      return {
        length: text.length,
        least: Number(least),
        most: unbounded ? Number.POSITIVE_INFINITY : Number(most ?? least),
      };
    }
    default:
      return undefined;
  }
}

/** Index of the `]` that closes the class opened at `at`. */
function endOfClass(source: string, at: number): number {
  let end = at + 1;
  while (end < source.length && source[end] !== ']') end += source[end] === '\\' ? 2 : 1;
  return end;
}
