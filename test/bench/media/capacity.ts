import type { Verdict } from './verdict';

export interface Capacity {
  readonly parties: number;
  readonly recorders: number;
}

/**
 * The largest numbers of calls that are well for parties, and for recorders: from `from` up in steps of `step`, so
 * that no relay is judged by what an overload has left behind. What is not well is tried once more.
 */
export async function capacity(
  attempt: (calls: number) => Promise<Verdict>,
  { from, most, step }: { readonly from: number; readonly most: number; readonly step: number },
): Promise<Capacity> {
  const found = { parties: 0, recorders: 0 };
  const open = new Set(['parties', 'recorders'] as const);
  for (let calls = from; calls <= most && open.size > 0; calls += step) {
    const first = await attempt(calls);
    const second = first.parties && first.recorders ? first : await attempt(calls);
    for (const side of open) {
      if (first[side] || second[side]) found[side] = calls;
      else open.delete(side);
    }
  }
  return found;
}
