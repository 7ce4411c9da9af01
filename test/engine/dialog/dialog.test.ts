import { Dialog, isBehindNat, negotiate, routeTo } from '../../../src/engine/dialog';
import {
  parse,
  parseNameAddrs,
  type SipRequest,
  type SipResponse,
} from '../../../src/engine/message';

function message(text: string): SipRequest & SipResponse {
  const result = parse(Buffer.from(`${text.trim().replace(/\n\s*/g, '\r\n')}\r\n\r\n`));
  if (!result.ok) throw new Error(result.error.reason);
  return result.message as SipRequest & SipResponse;
}

const INVITE = `
  INVITE sip:bob@b.example SIP/2.0
  Via: SIP/2.0/UDP a.example;branch=z9hG4bK1
  From: "Alice" <sip:alice@a.example>;tag=a
  To: <sip:bob@b.example>
  Call-ID: c
  CSeq: 7 INVITE
  Contact: <sip:alice@192.0.2.1>
  Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>`;

const OK = `
  SIP/2.0 200 OK
  Via: SIP/2.0/UDP a.example;branch=z9hG4bK1
  From: "Alice" <sip:alice@a.example>;tag=a
  To: <sip:bob@b.example>;tag=b
  Call-ID: c
  CSeq: 7 INVITE
  Contact: <sip:bob@192.0.2.2>
  Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>`;

const value = (headers: readonly { name: string; value: string }[], name: string) =>
  headers.filter((header) => header.name === name).map((header) => header.value);

describe('a dialog', () => {
  test('of the caller addresses the callee along its route, backwards', () => {
    const dialog = Dialog.asUac(message(INVITE), message(OK));
    const bye = dialog.request('BYE');
    expect(bye.requestUri).toBe('sip:bob@192.0.2.2');
    expect(value(bye.headers, 'Route')).toEqual(['<sip:p1.example;lr>', '<sip:p2.example;lr>']);
    expect(value(bye.headers, 'From')).toEqual(['"Alice" <sip:alice@a.example>;tag=a']);
    expect(value(bye.headers, 'To')).toEqual(['<sip:bob@b.example>;tag=b']);
    expect(value(bye.headers, 'CSeq')).toEqual(['8 BYE']);
    expect(bye.nextHop).toBe('sip:p1.example;lr');
  });

  test('of the callee addresses the caller along its route, as it came', () => {
    const dialog = Dialog.asUas(message(INVITE), message(OK));
    const bye = dialog.request('BYE');
    expect(bye.requestUri).toBe('sip:alice@192.0.2.1');
    expect(value(bye.headers, 'Route')).toEqual(['<sip:p2.example;lr>', '<sip:p1.example;lr>']);
    expect(value(bye.headers, 'From')).toEqual(['<sip:bob@b.example>;tag=b']);
    expect(value(bye.headers, 'To')).toEqual(['"Alice" <sip:alice@a.example>;tag=a']);
    expect(value(bye.headers, 'CSeq')).toEqual(['1 BYE']);
  });

  test('numbers its requests upwards, and an ACK as its INVITE', () => {
    const dialog = Dialog.asUac(message(INVITE), message(OK));
    expect(dialog.request('INFO').cseq).toBe(8);
    expect(dialog.request('ACK', 7).cseq).toBe(7);
    expect(dialog.request('INFO').cseq).toBe(9);
  });

  test('takes requests of the peer in order', () => {
    const dialog = Dialog.asUas(message(INVITE), message(OK));
    expect([8, 10, 9, 10].map((seq) => dialog.admit(seq))).toEqual([true, true, false, true]);
  });
});

describe('routing', () => {
  const set = (value: string) => parseNameAddrs(value) ?? [];

  test.each([
    ['nowhere else', '', 'sip:t', [], 'sip:t'],
    ['a loose router', '<sip:p;lr>', 'sip:t', ['<sip:p;lr>'], 'sip:p;lr'],
    [
      'a strict router',
      '<sip:p;method=INVITE?X=y>, <sip:q;lr>',
      'sip:p',
      ['<sip:q;lr>', '<sip:t>'],
      'sip:p;method=INVITE?X=y',
    ],
  ])('by %s', (_, routeSet, requestUri, routes, nextHop) => {
    expect(routeTo('sip:t', routeSet ? set(routeSet) : [])).toEqual({
      requestUri,
      routes,
      nextHop,
    });
  });
});

describe('a peer behind NAT', () => {
  test.each([
    ['sip:x@10.0.0.1', '203.0.113.7', true],
    ['sip:x@192.168.1.2:5060', '203.0.113.7', true],
    ['sip:x@100.64.0.9', '203.0.113.7', true],
    ['sip:x@127.0.0.1', '10.0.0.7', true],
    ['sip:x@0.0.0.0', '10.0.0.7', true],
    ['sip:x@abc.invalid;transport=ws', '10.0.0.7', true],
    ['sip:x@[fd00::1]', '2001:db8::1', true],
    ['sip:x@10.0.0.1', '10.0.0.1', false],
    ['sip:x@10.0.0.1', '192.168.0.1', false],
    ['sip:x@203.0.113.8', '203.0.113.7', false],
    ['sip:x@203.0.113.8', '10.0.0.1', false],
    ['sip:x@phone.example', '203.0.113.7', false],
    ['sip:x@127.0.0.2', '127.0.0.1', false],
  ])('%s seen from %s: %s', (contact, source, behind) => {
    expect(isBehindNat(contact, source)).toBe(behind);
  });
});

describe('Session-Expires', () => {
  const asked = (...headers: string[]) => message([INVITE, ...headers].join('\n'));

  test.each([
    ['is not asked for', [], { kind: 'none' }],
    [
      'names a refresher',
      ['Supported: timer', 'Session-Expires: 600;refresher=uas'],
      { kind: 'session', session: { seconds: 600, refresher: 'us' } },
    ],
    [
      'leaves it open',
      ['Supported: timer', 'Session-Expires: 600'],
      { kind: 'session', session: { seconds: 600, refresher: 'them' } },
    ],
    [
      'comes from a proxy',
      ['Session-Expires: 30'],
      { kind: 'session', session: { seconds: 90, refresher: 'us' } },
    ],
    [
      'is too small',
      ['Supported: timer', 'x: 30'],
      { kind: 'too-small', headers: [{ name: 'Min-SE', value: '90' }] },
    ],
  ])('that %s', (_, headers, expected) => {
    expect(negotiate(asked(...headers), 90)).toMatchObject(expected);
  });
});
