import { isFine, type Measured, measure } from './measure';

const STEP = 50;
const SECONDS = 5;

/**
 * The largest number of calls with nothing lost and 99 of 100 packets there within 20 ms, in steps of
 * 50: doubled from `from` until it is too much, then halved in. One that fails is tried once more.
 */
export async function capacity(
  subject: string,
  from: number,
  onEach: (measured: Measured) => void,
): Promise<number> {
  const holds = async (calls: number): Promise<boolean> => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const measured = await measure(subject, calls, SECONDS);
      onEach(measured);
      if (isFine(measured)) return true;
    }
    return false;
  };
  let [low, high] = [0, from];
  while (high < 4_000 && (await holds(high))) [low, high] = [high, 2 * high];
  while (high - low > STEP) {
    const middle = STEP * Math.round((low + high) / 2 / STEP);
    if (middle === low || middle === high) break;
    if (await holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
