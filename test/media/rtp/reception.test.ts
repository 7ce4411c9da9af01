import { Reception } from '../../../src/media';

/** Feeds packets of 20 ms G.711: sequence numbers, at the times at which they should come. */
function hear(reception: Reception, sequences: number[], ssrc = 1): void {
  for (const sequence of sequences) {
    reception.receive(sequence & 0xffff, (sequence * 160) | 0, ssrc, 8000, sequence * 20);
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('reception of a stream', () => {
  test('counts gaps as lost', () => {
    const reception = new Reception();
    hear(reception, [10, 11, 14, 15]);
    expect(reception.lost).toBe(2);
  });

  test('takes nothing for lost that is late, and knows duplicates', () => {
    const reception = new Reception();
    hear(reception, [10, 12, 11, 13]);
    expect(reception.lost).toBe(0);
    hear(reception, [13]);
    expect(reception.lost).toBe(-1);
  });

  test('counts on over the wrap', () => {
    const reception = new Reception();
    hear(reception, range(65_000, 66_000));
    hear(reception, range(66_010, 66_020));
    expect(reception.lost).toBe(10);
  });

  test('does not believe one stray packet', () => {
    const reception = new Reception();
    hear(reception, [10, 11, 40_000, 12, 13]);
    expect(reception.lost).toBe(0);
  });

  test('follows a restart and keeps the losses before it', () => {
    const reception = new Reception();
    hear(reception, [10, 12, 40_000, 40_001, 40_003]);
    expect(reception.lost).toBe(2);
  });

  test('follows a change of source and keeps the losses before it', () => {
    const reception = new Reception();
    hear(reception, [10, 12]);
    hear(reception, [500, 502], 2);
    expect(reception.lost).toBe(2);
  });

  test('finds no jitter in an even stream', () => {
    const reception = new Reception();
    hear(reception, range(0, 100));
    expect(reception.jitterMs).toBe(0);
  });

  test('measures jitter as RFC 3550 A.8 does', () => {
    const reception = new Reception();
    // Each packet alternately 4 ms late and in time: every transit differs by 4 ms.
    for (let i = 0; i < 500; i++) {
      reception.receive(i, i * 160, 1, 8000, i * 20 + (i % 2) * 4);
    }
    expect(reception.jitterMs).toBeCloseTo(4, 5);
  });

  test('takes neither silence nor a jump of the source for jitter', () => {
    const reception = new Reception();
    hear(reception, range(0, 10));
    reception.receive(10, 160 * 500, 1, 8000, 500 * 20);
    expect(reception.jitterMs).toBe(0);
    reception.receive(11, 7, 1, 8000, 501 * 20);
    expect(reception.jitterMs).toBe(0);
  });

  test('takes the packets of one telephone event for one moment', () => {
    const reception = new Reception();
    hear(reception, [0, 1]);
    for (let i = 2; i < 12; i++) reception.receive(i, 2 * 160, 1, 8000, i * 20);
    hear(reception, [12]);
    expect(reception.jitterMs).toBe(0);
  });

  test('leaves jitter alone when the clock rate is unknown', () => {
    const reception = new Reception();
    for (let i = 0; i < 9; i++) reception.receive(i, 0, 1, 0, i * 31);
    expect(reception.jitterMs).toBe(0);
  });
});
