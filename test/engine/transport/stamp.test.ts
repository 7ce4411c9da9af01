import { header, headersNamed, topVia } from '../../../src/engine/message';
import { type Address, stampVia } from '../../../src/engine/transport';
import { request } from '../message/messages';

const source: Address = { protocol: 'udp', address: '198.51.100.7', port: 40_000 };
const stamped = (Via: string, from = source, ...add: string[]) =>
  header(stampVia(request({ replace: { Via }, add }), from), 'Via');

it('says nothing where the sender told the truth', () => {
  const honest = request({ replace: { Via: 'SIP/2.0/UDP 198.51.100.7:9;branch=z9hG4bK1' } });
  expect(stampVia(honest, source)).toBe(honest);
});

it('adds received where the sent-by is not the source', () => {
  expect(stamped('SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1')).toBe(
    'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=198.51.100.7',
  );
  expect(stamped('SIP/2.0/TCP pc.example:5060;branch=z9hG4bK1')).toBe(
    'SIP/2.0/TCP pc.example:5060;branch=z9hG4bK1;received=198.51.100.7',
  );
});

it('fills rport in where it is asked for, and then received always', () => {
  expect(stamped('SIP/2.0/UDP 198.51.100.7;rport;branch=z9hG4bK1')).toBe(
    'SIP/2.0/UDP 198.51.100.7;rport=40000;branch=z9hG4bK1;received=198.51.100.7',
  );
});

it('does not believe what the sender put there', () => {
  expect(stamped('SIP/2.0/UDP 10.0.0.1;received=203.0.113.9;rport=1;branch=z9hG4bK1')).toBe(
    'SIP/2.0/UDP 10.0.0.1;received=198.51.100.7;rport=40000;branch=z9hG4bK1',
  );
  expect(stamped('SIP/2.0/UDP 198.51.100.7;received=203.0.113.9;branch=z9hG4bK1')).toBe(
    'SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1',
  );
});

it('leaves the Vias below as they are', () => {
  const message = stampVia(
    request({
      replace: { Via: 'SIP/2.0/UDP a;branch=z9hG4bK1, SIP / 2.0/UDP b;x="1,2"' },
      add: ['v: SIP/2.0/TCP c;branch=z9hG4bK3'],
    }),
    source,
  );
  expect(headersNamed(message, 'Via').map(({ value }) => value)).toEqual([
    'SIP/2.0/UDP a;branch=z9hG4bK1;received=198.51.100.7, SIP / 2.0/UDP b;x="1,2"',
    'SIP/2.0/TCP c;branch=z9hG4bK3',
  ]);
});

it('writes IPv6 addresses without brackets and without a zone', () => {
  const from: Address = { protocol: 'udp', address: 'fe80::1%eth0', port: 5060 };
  const message = stampVia(request({ replace: { Via: 'SIP/2.0/UDP [2001:db8::1];rport' } }), from);
  expect(header(message, 'Via')).toBe('SIP/2.0/UDP [2001:db8::1];rport=5060;received=fe80::1');
  expect(topVia(message)?.received).toBe('fe80::1');
});
