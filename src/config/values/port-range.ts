import { parsePort } from './address';
import { type Parsed, parsed, refused } from './parsed';

/** UDP ports for RTP and RTCP, both ends included: an even first port and an odd last one. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Below these only a privileged process may bind. */
const LEAST_PORT = 1024;

/** `20000-29999`: whole even/odd pairs (RFC 3550 §11), so the first is even and the last is odd. */
export function parsePortRange(text: string): Parsed<PortRange> {
  const ends = /^\s*(\d+)\s*-\s*(\d+)\s*$/.exec(text);
  if (!ends) return refused(`wants FIRST-LAST, as in 20000-29999, got "${text}"`);
  const first = parsePort(ends[1]!, LEAST_PORT);
  if (!first.ok) return first;
  const last = parsePort(ends[2]!, LEAST_PORT);
  if (!last.ok) return last;
  if (first.value >= last.value) {
    return refused(`wants the first port below the last, got "${text}"`);
  }
  if (first.value % 2 !== 0) {
    return refused(`wants an even first port, for RTP, as in ${first.value + 1}-${last.value}`);
  }
  if (last.value % 2 !== 1) {
    return refused(`wants an odd last port, for RTCP, as in ${first.value}-${last.value + 1}`);
  }
  return parsed({ first: first.value, last: last.value });
}

/** How many RTP/RTCP pairs the range holds. */
export function portPairs(range: PortRange): number {
  return (range.last - range.first + 1) / 2;
}
