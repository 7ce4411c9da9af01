import type { Verdict } from './verdict';

export interface Capacity {
  readonly parties: number;
  readonly recorders: number;
}

/**
 * The largest numbers of calls that are well for parties, and for recorders, in steps of `step`: doubled from `from`
 * until it is too much or `most`, then halved in. What is not well is tried once more.
 */
export async function capacity(
  attempt: (calls: number) => Promise<Verdict>,
  { from, most, step }: { readonly from: number; readonly most: number; readonly step: number },
): Promise<Capacity> {
  const sides = {
    parties: { low: 0, high: most + step },
    recorders: { low: 0, high: most + step },
  };
  const both = [sides.parties, sides.recorders];
  const tryOut = async (calls: number): Promise<void> => {
    const first = await attempt(calls);
    const second = first.parties && first.recorders ? first : await attempt(calls);
    for (const side of ['parties', 'recorders'] as const) {
      const range = sides[side];
      if (first[side] || second[side]) range.low = Math.max(range.low, calls);
      else range.high = Math.min(range.high, calls);
    }
  };
  for (let calls = from; ; calls = Math.min(most, 2 * calls)) {
    await tryOut(calls);
    if (calls === most || both.every(({ high }) => high <= most)) break;
  }
  for (const range of both) {
    while (range.low < most && range.high - range.low > step) {
      await tryOut(step * Math.round((range.low + range.high) / 2 / step));
    }
  }
  return { parties: sides.parties.low, recorders: sides.recorders.low };
}
