import {
  asSipUri,
  formatNameAddr,
  formatUri,
  parseHostPort,
  parseNameAddr,
  parseUri,
} from '../../../src/engine/message';

it.each([
  'sip:atlanta.example',
  'sip:alice@atlanta.example',
  'sip:alice:secretword@atlanta.example;transport=tcp',
  'sips:alice@atlanta.example?subject=project%20x&priority=urgent',
  'sip:+1-212-555-1212:1234@gateway.example;user=phone',
  'sip:alice;day=tuesday@atlanta.example',
  'sip:[2001:db8::1]:5070;lr',
  'sip:%61lice@192.0.2.4:5060;maddr=239.255.255.1;ttl=15',
  'tel:+358-555-1234567;postd=pp22',
  'urn:service:sos',
  'http://www.example.com/x?y',
])('writes %s as it read it', (text) => {
  const uri = parseUri(text);
  if (!uri) throw new Error('not read');
  expect(formatUri(uri)).toBe(text);
});

it('takes a sip URI apart', () => {
  expect(asSipUri('SIPS:bob:pw@[::1]:5061;Transport=TCP;lr?a=b')).toMatchObject({
    scheme: 'sips',
    user: 'bob',
    password: 'pw',
    host: '::1',
    port: 5061,
    headers: 'a=b',
  });
  expect([...(asSipUri('sip:h;Transport=TCP;lr')?.params ?? [])]).toEqual([
    ['transport', 'TCP'],
    ['lr', undefined],
  ]);
  expect(asSipUri('tel:+1')).toBeUndefined();
});

it.each([
  '',
  'sip:',
  'sip',
  ':host',
  '1sip:host',
  'sip:@host',
  'sip:a@',
  'sip:a@b@c',
  'sip:a b@c',
  'sip:host:',
  'sip:host:65536',
  'sip:host:-1',
  'sip:host:5060x',
  'sip:[::1',
  'sip:::1',
  'sip:host;',
  'sip:host;=x',
  'sip:host\r\nVia: x',
  'sip:host\0',
  'sip:<host>',
  'sip:"host"',
  'tel:',
  'http:',
])('refuses %j', (text) => {
  expect(parseUri(text)).toBeUndefined();
});

it('reads hosts with and without ports', () => {
  expect(parseHostPort('a.b:5060')).toEqual({ host: 'a.b', port: 5060 });
  expect(parseHostPort('[2001:db8::1]')).toEqual({ host: '2001:db8::1', port: undefined });
  expect(parseHostPort('[2001:db8::1]5060')).toBeUndefined();
  expect(parseHostPort('[host]')).toBeUndefined();
  expect(parseHostPort('a..b_c:')).toBeUndefined();
});

it('writes an address so that it is read back the same', () => {
  const address = parseNameAddr('"A \\"B\\" \\\\ <c>" <sip:a@b;x?y=z>;tag=1;p="q;r"');
  if (!address) throw new Error('not read');
  expect(parseNameAddr(formatNameAddr(address))).toEqual(address);
});
