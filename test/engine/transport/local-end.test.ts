import type { Binding, InterfaceAddress } from '../../../src/engine/transport';
import { addressTowards } from '../../../src/engine/transport/interfaces';
import { BoundEnd, endTowards } from '../../../src/engine/transport/listener';

const interfaces: InterfaceAddress[] = [
  { address: '127.0.0.1', internal: true, cidr: '127.0.0.1/8' },
  { address: '172.17.0.1', internal: false, cidr: '172.17.0.1/16' },
  { address: '192.0.2.9', internal: false, cidr: '192.0.2.9/24' },
  { address: '::1', internal: true, cidr: '::1/128' },
  { address: '2001:db8::9', internal: false, cidr: '2001:db8::9/64' },
];

it.each([
  ['127.0.0.5', '127.0.0.1'],
  ['192.0.2.200', '192.0.2.9'],
  ['172.17.3.4', '172.17.0.1'],
  ['198.51.100.1', '172.17.0.1'],
  ['::1', '::1'],
  ['2001:db8::5', '2001:db8::9'],
  ['2001:db8:1::5', '2001:db8::9'],
  ['fe80::1%eth0', '2001:db8::9'],
])('a peer at %s sees us at %s', (remote, ours) => {
  expect(addressTowards(remote, interfaces)).toBe(ours);
});

it('sees us nowhere when we have no address of its family', () => {
  expect(addressTowards('2001:db8::5', interfaces.slice(0, 3))).toBeUndefined();
});

function end(address: string, port: number, advertise?: Binding['advertise']): BoundEnd {
  return new BoundEnd({ protocol: 'udp', address, port, advertise }, port, () => interfaces);
}

it('advertises what it is bound to, what it is told to, or for a wildcard what the peer sees', () => {
  const advertised = (bound: BoundEnd, remote: string) => bound.towards(remote).advertised;
  expect(advertised(end('192.0.2.9', 5060), '192.0.2.1')).toEqual({
    address: '192.0.2.9',
    port: 5060,
  });
  expect(advertised(end('192.0.2.9', 5060, { address: '203.0.113.1' }), '192.0.2.1')).toEqual({
    address: '203.0.113.1',
    port: 5060,
  });
  expect(advertised(end('0.0.0.0', 5060, { address: 'h', port: 5080 }), '192.0.2.1').port).toBe(
    5080,
  );
  expect(advertised(end('0.0.0.0', 5060), '127.0.0.1').address).toBe('127.0.0.1');
  expect(advertised(end('0.0.0.0', 5060), '192.0.2.1').address).toBe('192.0.2.9');
  expect(advertised(end('::', 5060), '2001:db8::1').address).toBe('2001:db8::9');
});

it('is called by what it is bound to, what it advertises, and for a wildcard any of our addresses', () => {
  const called = (bound: BoundEnd, ...names: [host: string, port: number][]) =>
    names.map(([host, port]) => bound.isCalled(host, port));
  const advertised = end('192.0.2.9', 5060, { address: 'Sip.Example', port: 5080 });
  expect(called(advertised, ['192.0.2.9', 5060], ['sip.example', 5080])).toEqual([true, true]);
  expect(called(advertised, ['192.0.2.9', 5080], ['sip.example', 5060])).toEqual([false, false]);
  expect(called(end('0.0.0.0', 5060), ['192.0.2.9', 5060], ['127.0.0.1', 5060])).toEqual([
    true,
    true,
  ]);
  expect(called(end('0.0.0.0', 5060), ['192.0.2.8', 5060], ['::1', 5060])).toEqual([false, false]);
});

it('reaches a peer from the end that is on its kind of network', () => {
  const loopback = end('127.0.0.1', 1);
  const outside = end('192.0.2.9', 2);
  const any = end('0.0.0.0', 3);
  const six = end('::', 4);
  const ends = [loopback, outside, any, six];
  expect(endTowards(ends, 'udp', '127.0.0.1')).toBe(loopback);
  expect(endTowards(ends, 'udp', '198.51.100.1')).toBe(outside);
  expect(endTowards([loopback, any], 'udp', '198.51.100.1')).toBe(any);
  expect(endTowards([loopback], 'udp', '198.51.100.1')).toBe(loopback);
  expect(endTowards(ends, 'udp', '2001:db8::1')).toBe(six);
  expect(endTowards(ends, 'tcp', '127.0.0.1')).toBeUndefined();
});
