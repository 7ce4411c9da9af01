import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { hasRings } from '../../support/rings';
import type { Allocation } from '../support/allocations';

/** A view of a buffer is as large as 96 octets, a number that is none of the small ones 16. */
const NEXT_TO_NOTHING = 12;

describe('a packet on its way', () => {
  it('leaves next to nothing for the collector, whatever is done with it', () => {
    // Compiled when it has been called often enough, not when another thread had time to.
    const flags = [
      '--no-concurrent-recompilation',
      '--min-semi-space-size=128',
      '--max-semi-space-size=128',
    ];
    const script = join(__dirname, '../support/allocations.ts');
    const told = execFileSync(process.execPath, [...flags, '--require', 'tsx/cjs', script], {
      encoding: 'utf8',
    });
    const allocations = JSON.parse(told) as Allocation[];
    const calls = allocations.map(({ call }) => call);
    expect(calls).toContain('with SRTP everywhere, by epoll');
    if (hasRings()) expect(calls).toContain('with SRTP everywhere, by io_uring');
    expect(calls).toContain('with a tone in G.722');
    expect(
      allocations.filter(
        ({ octetsPerPacket, collections }) => octetsPerPacket > NEXT_TO_NOTHING || collections > 0,
      ),
    ).toEqual([]);
  });
});
