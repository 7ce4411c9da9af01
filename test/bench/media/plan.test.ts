import { neighbours, PARTY_SOCKETS, partySocket, planned, streamsOf } from './plan';

const PORTS = {
  parties: Array.from({ length: 16 }, (_, i) => 100 + i),
  recorders: Array.from({ length: 16 }, (_, i) => 200 + i),
  rtcp: 300,
};

describe('who has which port in the load', () => {
  it('does not change for the calls that are there when more are planned', () => {
    expect([...planned(PORTS, 0, 30), ...planned(PORTS, 30, 100)]).toEqual(planned(PORTS, 0, 100));
  });

  it('is shared evenly among the sockets', () => {
    const calls = planned(PORTS, 0, 128);
    for (const [i, port] of PORTS.parties.entries()) {
      expect(calls.flatMap(({ a, b }) => [a, b]).filter((one) => one === port)).toHaveLength(16);
      const recorders = calls.flatMap(({ recorderA, recorderB }) => [recorderA, recorderB]);
      expect(recorders.filter((one) => one === PORTS.recorders[i])).toHaveLength(16);
    }
  });

  it('is the same for streams that are sent together', () => {
    for (let first = 0; first < 600; first += neighbours(first, 64)) {
      for (let i = 0; i < neighbours(first, 64); i++) {
        expect(partySocket(first + i)).toBe(partySocket(first));
      }
    }
    expect(neighbours(5, 3)).toBe(3);
    expect(partySocket(16 * PARTY_SOCKETS)).toBe(0);
  });

  it('gives every stream a number of its own', () => {
    const streams = [0, 1, 2].map(streamsOf).flatMap(({ a, b }) => [a, b]);
    expect(streams).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
