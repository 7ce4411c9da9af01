import {
  contact,
  contacts,
  expires,
  fromTag,
  header,
  maxForwards,
  minSe,
  optionTags,
  rack,
  recordRoutes,
  required,
  routes,
  rseq,
  sessionExpires,
  supports,
  to,
  topVia,
  toTag,
  vias,
} from '../../../src/engine/message';
import { request } from './messages';

const withLines = (...add: string[]) => request({ replace: { Contact: undefined }, add });

it('reads a Via with all its parameters', () => {
  const Via =
    'SIP/2.0/TLS [2001:db8::1]:5071 ; branch=z9hG4bKx;received=[2001:db8::2];rport=5072;maddr=224.2.0.1;ttl=16;x="a;b,c"';
  expect(topVia(request({ replace: { Via } }))).toMatchObject({
    transport: 'TLS',
    host: '2001:db8::1',
    port: 5071,
    branch: 'z9hG4bKx',
    received: '2001:db8::2',
    rport: 5072,
    maddr: '224.2.0.1',
    ttl: 16,
  });
});

it('tells an rport asked for from one that is absent', () => {
  expect(topVia(request())?.rport).toBe(true);
  const Via = 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1';
  expect(topVia(request({ replace: { Via } }))?.rport).toBeUndefined();
});

it('gathers Vias over lines and commas, top first', () => {
  const message = request({
    replace: { Via: 'SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b : 5070 ;branch="2,3"' },
    add: ['v: SIP/2.0/TCP c;branch=4'],
  });
  expect(vias(message).map(({ host, port }) => [host, port])).toEqual([
    ['a', undefined],
    ['b', 5070],
    ['c', undefined],
  ]);
});

it('reads a hundred parameters as it reads two: in order, the first of a name', () => {
  const names = Array.from({ length: 100 }, (_, at) => `p${at}`);
  const written = [...names, 'P3=again'].map((name) => `;${name}`).join('');
  const params = contact(withLines(`Contact: <sip:a@b>${written}`))?.params;
  expect([...(params ?? [])]).toEqual(names.map((name) => [name, undefined]));
  expect([params?.has('p3'), params?.get('p3'), params?.has('p99'), params?.has('p100')]).toEqual([
    true,
    undefined,
    true,
    false,
  ]);
});

it('reads tags, and no tag from a URI’s parameters', () => {
  const message = request({ replace: { To: '<sip:b@c;tag=uri>;x;TAG=Header' } });
  expect(fromTag(message)).toBe('1928301774');
  expect(toTag(message)).toBe('Header');
  expect(to(message)?.uri).toBe('sip:b@c;tag=uri');
});

it('gives a bare address’s parameters to the header', () => {
  const address = contact(withLines('Contact: sip:a@b:5070;transport=tcp ; expires=60'));
  expect(address?.uri).toBe('sip:a@b:5070');
  expect([...(address?.params ?? [])]).toEqual([
    ['transport', 'tcp'],
    ['expires', '60'],
  ]);
});

it.each([
  ['<sip:7602922410@192.0.2.7:5061;+sip.src', 'sip:7602922410@192.0.2.7:5061;+sip.src'],
  ['"A" <sip:a@b>, <sip:c@d', 'sip:c@d'],
])('takes an open bracket in Contact to the end of the field: %s', (value, target) => {
  const message = withLines(`Contact: ${value}`);
  expect([contacts(message)].flat(2).at(-1)).toMatchObject({ uri: target });
  // Whoever reads the text after us finds it whole.
  expect(header(message, 'Contact')).toBe(`${value}>`);
});

it('gathers Contacts over lines and commas, or the star', () => {
  const message = withLines('m: "A, B" <sip:a@b>;q=0.5,<sip:c@d>', 'Contact: <tel:+1>');
  const listed = contacts(message);
  expect(listed === '*' ? listed : listed.map(({ uri }) => uri)).toEqual([
    'sip:a@b',
    'sip:c@d',
    'tel:+1',
  ]);
  expect(contacts(withLines('Contact: *'))).toBe('*');
  expect(contacts(withLines())).toEqual([]);
});

it('keeps route sets in the order of the message', () => {
  const message = withLines(
    'Record-Route: <sip:p2;lr>, <sip:p1;lr>',
    'Route: <sip:r1;lr>',
    'Record-Route: <sip:p0;lr>',
  );
  expect(recordRoutes(message).map(({ uri }) => uri)).toEqual([
    'sip:p2;lr',
    'sip:p1;lr',
    'sip:p0;lr',
  ]);
  expect(routes(message).map(({ uri }) => uri)).toEqual(['sip:r1;lr']);
});

it('reads option tags without regard to case', () => {
  const message = withLines('Supported: Timer,,100REL', 'k: replaces', 'Require: 100rel');
  expect(optionTags(message, 'Supported')).toEqual(['timer', '100rel', 'replaces']);
  expect(required(message)).toEqual(['100rel']);
  expect(supports(message, 'replaces')).toBe(true);
  expect(supports(message, 'norefersub')).toBe(false);
});

it('reads numbers and names of the extensions', () => {
  const message = withLines(
    'RSeq: 988789',
    'RAck: 776656  1 INVITE',
    'x: 1800 ;Refresher=UAS',
    'Min-SE: 90;lr',
    'Expires: 3600',
  );
  expect(rseq(message)).toBe(988_789);
  expect(rack(message)).toEqual({ rseq: 776_656, cseq: 1, method: 'INVITE' });
  expect(sessionExpires(message)).toEqual({ seconds: 1800, refresher: 'uas' });
  expect(minSe(message)).toBe(90);
  expect(expires(message)).toBe(3600);
  expect(maxForwards(message)).toBe(70);
});

it('takes the first three words of RAck, whatever a caller wrote behind them', () => {
  const message = withLines('RAck: 511835121 1 INVITE INVITE');
  expect(rack(message)).toEqual({ rseq: 511_835_121, cseq: 1, method: 'INVITE' });
});

it('gives nothing for what is malformed', () => {
  const message = withLines(
    'RSeq: 1.5',
    'RAck: 1 INVITE',
    'Session-Expires: soon',
    'Expires: 99999999999',
    'Route: <sip:a',
  );
  expect(rseq(message)).toBeUndefined();
  expect(rack(message)).toBeUndefined();
  expect(sessionExpires(message)).toBeUndefined();
  expect(expires(message)).toBeUndefined();
  expect(routes(message)).toEqual([]);
});
