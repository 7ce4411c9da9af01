import type { NextHop } from '../../../src/engine/transport';
import { Candidates, LARGE_REQUEST_BYTES } from '../../../src/engine/transport/candidates';
import { VirtualClock } from '../../support/virtual-clock';

const udp: NextHop = { protocol: 'udp', address: '192.0.2.1', port: 5060, fixed: false };
const fixedUdp: NextHop = { ...udp, fixed: true };
const tcp: NextHop = { ...udp, protocol: 'tcp', address: '192.0.2.2' };

function candidates(
  canReach: (protocol: string) => boolean = () => true,
  clock = new VirtualClock(),
) {
  const chooser = new Candidates(clock, canReach);
  const of = (hops: NextHop[], bytes: number) =>
    chooser.of(hops, bytes).map(({ protocol, address, opportunistic }) => {
      return `${protocol}/${address}${opportunistic ? ' tried' : ''}`;
    });
  return { chooser, of, clock };
}

it('takes hops as they are for a small request', () => {
  expect(candidates().of([udp, tcp], LARGE_REQUEST_BYTES)).toEqual([
    'udp/192.0.2.1',
    'tcp/192.0.2.2',
  ]);
});

it('tries TCP before UDP for a large one, where UDP was only assumed', () => {
  const { of } = candidates();
  expect(of([udp], LARGE_REQUEST_BYTES + 1)).toEqual(['tcp/192.0.2.1 tried', 'udp/192.0.2.1']);
  expect(of([fixedUdp], LARGE_REQUEST_BYTES + 1)).toEqual(['udp/192.0.2.1']);
});

it('prefers, for a large one, the hops that have TCP of their own', () => {
  expect(candidates().of([udp, tcp], 2_000)).toEqual(['tcp/192.0.2.2', 'udp/192.0.2.1']);
});

it('leaves UDP out for what fits no datagram, even where it was stated', () => {
  expect(candidates().of([fixedUdp], 65_508)).toEqual(['tcp/192.0.2.1 tried']);
});

it('offers nothing that no socket of ours can reach', () => {
  expect(candidates((protocol) => protocol === 'udp').of([udp, tcp], 2_000)).toEqual([
    'udp/192.0.2.1',
  ]);
  expect(candidates(() => false).of([udp], 1)).toEqual([]);
});

it('takes TCP where UDP was only assumed and we have no socket for it', () => {
  const { chooser, of } = candidates((protocol) => protocol === 'tcp');
  expect(of([udp], 1)).toEqual(['tcp/192.0.2.1']);
  expect(of([udp], 2_000)).toEqual(['tcp/192.0.2.1']);
  expect(of([fixedUdp], 1)).toEqual([]);
  expect(of([udp, tcp], 1)).toEqual(['tcp/192.0.2.2']);
  chooser.refusedTcp({ ...udp, protocol: 'tcp' });
  expect(of([udp], 2_000)).toEqual(['tcp/192.0.2.1']);
});

it('does not try TCP again for a while where it was refused', () => {
  const { chooser, of, clock } = candidates();
  chooser.refusedTcp({ ...udp, protocol: 'tcp' });
  expect(of([udp], 2_000)).toEqual(['udp/192.0.2.1']);
  expect(of([{ ...udp, port: 5070 }], 2_000)).toEqual(['tcp/192.0.2.1 tried', 'udp/192.0.2.1']);
  clock.advance(11 * 60_000);
  expect(of([udp], 2_000)).toEqual(['tcp/192.0.2.1 tried', 'udp/192.0.2.1']);
});
