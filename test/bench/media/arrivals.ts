/** When in their frame streams have their packets: one after the other, whenever each began, or all in a tenth of it. */
export const ARRIVALS = ['even', 'random', 'bursts'] as const;
export type Arrivals = (typeof ARRIVALS)[number];

export function arrivalsNamed(name: string): Arrivals {
  const arrivals = ARRIVALS.find((one) => one === name);
  if (!arrivals) throw new Error(`${name} is none of ${ARRIVALS.join(', ')}`);
  return arrivals;
}

/** The shares of a frame after which each of so many streams has its packet, the first first. The same for the same number. */
export function moments(arrivals: Arrivals, streams: number): Float64Array {
  if (arrivals === 'random') return Float64Array.from({ length: streams }, lehmer()).sort();
  const over = arrivals === 'even' ? 1 : 0.1;
  return Float64Array.from({ length: streams }, (_, i) => (over * i) / streams);
}

/**
 * Numbers from 0 to 1 as if at random (Park and Miller, "Random number generators: good ones are hard to find", 1988). Not the dice
 * of the tests: what the load runs is made of this folder alone.
 */
function lehmer(): () => number {
  const modulus = 2_147_483_647;
  let state = 20_130;
  return () => {
    state = (state * 48_271) % modulus;
    return state / modulus;
  };
}
