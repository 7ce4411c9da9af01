import { capacity } from './capacity';

const SEARCH = { from: 400, most: 2400, step: 50 };

function relay(parties: number, recorders = parties) {
  const tried: number[] = [];
  const attempt = async (calls: number) => {
    tried.push(calls);
    return { parties: calls <= parties, recorders: calls <= recorders };
  };
  return { attempt, tried };
}

describe('the search for the most calls', () => {
  it.each([400, 777, 1600, 2399])('finds %i to the step', async (limit) => {
    const { attempt } = relay(limit);
    const found = 50 * Math.floor(limit / 50);
    expect(await capacity(attempt, SEARCH)).toEqual({ parties: found, recorders: found });
  });

  it('tells parties and recorders apart', async () => {
    const { attempt } = relay(900, 650);
    expect(await capacity(attempt, SEARCH)).toEqual({ parties: 900, recorders: 650 });
  });

  it('ends where it is told to, and at nothing', async () => {
    expect(await capacity(relay(9999).attempt, SEARCH)).toEqual({ parties: 2400, recorders: 2400 });
    expect(await capacity(relay(0).attempt, SEARCH)).toEqual({ parties: 0, recorders: 0 });
  });

  it('tries once more what was not well', async () => {
    const { attempt, tried } = relay(2400);
    let hiccups = 1;
    const shaky = async (calls: number) =>
      calls === 450 && hiccups-- > 0 ? { parties: false, recorders: true } : attempt(calls);
    expect(await capacity(shaky, SEARCH)).toEqual({ parties: 2400, recorders: 2400 });
    expect(tried.slice(0, 3)).toEqual([400, 450, 500]);
  });
});
