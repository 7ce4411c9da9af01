import type { RecordingQuery, RecordingState } from '../recorder';

const STATES: readonly RecordingState[] = ['recording', 'finished', 'failed'];
const MOST = 1000;
const LONGEST_TEXT = 256;

/** The query of a list of recordings; a text says what is wrong with it. */
export function readRecordingQuery(
  query: Readonly<Record<string, unknown>>,
): RecordingQuery | string {
  const result: { -readonly [Key in keyof RecordingQuery]: RecordingQuery[Key] } = {};
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== 'string') return `${name} is given more than once`;
    switch (name) {
      case 'state':
        result.state = STATES.find((state) => state === value);
        if (!result.state) return `state wants ${STATES.join(', ')}`;
        break;
      case 'from':
      case 'until':
        result[name] = new Date(value);
        if (Number.isNaN(result[name].getTime())) {
          return `${name} wants a time such as 2026-01-15T14:00:00Z`;
        }
        break;
      case 'party':
      case 'callId':
        if (value.length > LONGEST_TEXT) return `${name} is too long`;
        result[name] = value;
        break;
      case 'limit':
        if (!/^\d{1,4}$/.test(value) || Number(value) < 1 || Number(value) > MOST) {
          return `limit wants a number from 1 to ${MOST}`;
        }
        result.limit = Number(value);
        break;
      default:
        return `there is no parameter ${name}: state, from, until, party, callId and limit are known`;
    }
  }
  return result;
}
