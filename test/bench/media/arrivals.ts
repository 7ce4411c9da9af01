import { Dice } from '../../support/dice';

/** When in their frame streams have their packets: one after the other, whenever each began, or all in a tenth of it. */
export const ARRIVALS = ['even', 'random', 'bursts'] as const;
export type Arrivals = (typeof ARRIVALS)[number];

/** Parts of a frame that random moments begin at. */
const GRAIN = 1_000_000;

export function arrivalsNamed(name: string): Arrivals {
  const arrivals = ARRIVALS.find((one) => one === name);
  if (!arrivals) throw new Error(`${name} is none of ${ARRIVALS.join(', ')}`);
  return arrivals;
}

/** The shares of a frame after which each of so many streams has its packet, the first first. The same for the same number. */
export function moments(arrivals: Arrivals, streams: number): Float64Array {
  if (arrivals === 'random') {
    const dice = new Dice();
    return Float64Array.from({ length: streams }, () => dice.below(GRAIN) / GRAIN).sort();
  }
  const over = arrivals === 'even' ? 1 : 0.1;
  return Float64Array.from({ length: streams }, (_, i) => (over * i) / streams);
}
