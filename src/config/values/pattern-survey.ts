/** What one part of variable length costs: it may end at about as many places as a number is long. */
const STEPS_OF_ANY_LENGTH = 64;

/** What running a pattern can cost. */
export interface PatternSurvey {
  readonly groups: number;
  /** Upper estimate of the ways a backtracking matcher may try. */
  readonly steps: number;
  /** Characters, with `{n}` written out n times. */
  readonly size: number;
}

interface Group {
  size: number;
  branches: number;
  /** Holds something of variable length, so repeating it would multiply the ways exponentially. */
  varies: boolean;
}

/** Walks a pattern that the engine has accepted; a text says why it is not wanted here. */
export function surveyPattern(source: string): PatternSurvey | string {
  const open: Group[] = [{ size: 0, branches: 1, varies: false }];
  let groups = 0;
  let steps = 1;
  let closed: Group | undefined;
  const grow = (size: number): void => {
    open.at(-1)!.size += size;
  };

  for (let at = 0; at < source.length; at++) {
    const char = source[at]!;
    const atom = closed;
    closed = undefined;
    if (char === '\\') {
      const escaped = source[at + 1] ?? '';
      if (/[1-9k]/.test(escaped)) return `must not refer back to a group (\\${escaped})`;
      at += 1;
      grow(1);
    } else if (char === '[') {
      at = endOfClass(source, at);
      grow(1);
    } else if (char === '(') {
      if (source[at + 1] !== '?') groups += 1;
      else if (source[at + 2] === ':') at += 2;
      else return `may use (…) and (?:…) only, got "${source.slice(at, at + 4)}"`;
      open.push({ size: 0, branches: 1, varies: false });
    } else if (char === ')') {
      closed = open.pop()!;
      steps *= closed.branches;
      grow(closed.size);
      open.at(-1)!.varies ||= closed.varies || closed.branches > 1;
    } else if (char === '|') {
      open.at(-1)!.branches += 1;
    } else {
      const repeat = repeatAt(source, at);
      if (!repeat) {
        grow(1);
        continue;
      }
      at += repeat.length - 1;
      // A lazy mark changes the order of the ways and not their number.
      if (source[at + 1] === '?') at += 1;
      if (atom && repeat.most > 1 && (atom.varies || atom.branches > 1)) {
        return 'must not repeat a group that holds *, +, ?, {m,n} or | itself: spell the repetition out, or use a class such as [12]';
      }
      const ways = Math.min(repeat.most - repeat.least + 1, STEPS_OF_ANY_LENGTH);
      steps *= ways;
      const written = Number.isFinite(repeat.most) ? repeat.most : repeat.least;
      grow((atom?.size ?? 1) * Math.max(0, written - 1));
      open.at(-1)!.varies ||= ways > 1;
    }
  }
  return { groups, steps: steps * open[0]!.branches, size: open[0]!.size };
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
