import { type Parsed, parsed, refused } from './parsed';
import { surveyPattern } from './pattern-survey';

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

/** Characters of a pattern whose counted repetitions are written out: what it costs in memory. */
const LARGEST_PATTERN = 4096;

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
  if (survey.size > LARGEST_PATTERN) {
    return refused(`wants smaller repetition counts, got "${text}"`);
  }
  const regex = new RegExp(`^(?=[^]{0,${LONGEST_NUMBER}}$)(?:${text})$`, 'u');
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
