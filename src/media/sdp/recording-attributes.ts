import type { Attribute, SessionDescription } from './description';

/** Whether a medium is recorded, as `a=record` tells its reader: RFC 7866 §7.1.2. */
export type RecordMark = 'on' | 'off' | 'paused';

/** What the describer of a medium would like: `a=recordpref`, RFC 7866 §7.3.2. */
export type RecordPreference = 'on' | 'off' | 'pause' | 'nopreference';

const MARKS: readonly RecordMark[] = ['off', 'paused', 'on'];
const PREFERENCES: readonly RecordPreference[] = ['on', 'off', 'pause', 'nopreference'];

/** For each m-line what its a=record says, or else the session's. Values nobody knows say nothing. */
export function recordMarks(
  description: SessionDescription,
): ReadonlyArray<RecordMark | undefined> {
  return perLine(description, 'record', MARKS);
}

/** For each m-line what its a=recordpref says, or else the session's. */
export function recordPreferences(
  description: SessionDescription,
): ReadonlyArray<RecordPreference | undefined> {
  return perLine(description, 'recordpref', PREFERENCES);
}

/** What holds of a medium that several record: recorded if anybody records it. */
export function strongestMark(
  ...marks: ReadonlyArray<RecordMark | undefined>
): RecordMark | undefined {
  return MARKS.findLast((mark) => marks.includes(mark));
}

function perLine<Word extends string>(
  { media, attributes }: SessionDescription,
  name: string,
  words: readonly Word[],
): ReadonlyArray<Word | undefined> {
  const of = (lines: readonly Attribute[]) => {
    const value = lines.find((one) => one.name === name)?.value.toLowerCase();
    return words.find((word) => word === value);
  };
  const session = of(attributes);
  return media.map((one) => of(one.attributes) ?? session);
}
