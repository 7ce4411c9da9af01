import {
  ackForFailure,
  badRequestResponse,
  cancelOf,
  header,
  headersNamed,
  parse,
  responseTo,
  type SipRequest,
  serialize,
  toTag,
  wireName,
  withoutHeaders,
} from '../../../src/engine/message';
import { bytes, request, response, taken } from './messages';

const EMPTY = Buffer.alloc(0);

function written(headers: SipRequest['headers'], start: Partial<SipRequest> = {}): string {
  return serialize({
    kind: 'request',
    method: 'INFO',
    uri: 'sip:a@b',
    headers,
    body: EMPTY,
    ...start,
  }).toString();
}

describe('writing', () => {
  it('counts the body in bytes, whatever Content-Length was given', () => {
    const text = written([{ name: 'l', value: '99' }], { body: Buffer.from('ї') });
    expect(text).toBe('INFO sip:a@b SIP/2.0\r\nContent-Length: 2\r\n\r\nї');
  });

  it('leaves binary bodies alone', () => {
    const body = Buffer.from([0, 255, 13, 10, 13, 10, 128]);
    const message = taken(serialize({ ...request(), body }));
    expect(message.body).toEqual(body);
  });

  it.each(['x\r\nVia: evil', 'x\nVia: evil', 'x\rVia: evil', 'x\r\n\r\nbody', 'x\0y', '\r\n\r\n'])(
    'keeps %j in its own header',
    (value) => {
      const message = taken(
        serialize({ ...request(), headers: [...request().headers, { name: 'X', value }] }),
      );
      expect(headersNamed(message, 'Via')).toHaveLength(1);
      expect(message.body).toHaveLength(0);
    },
  );

  it('keeps line breaks out of the start line and of header names', () => {
    expect(written([], { uri: 'sip:a@b\r\nVia: evil' }).split('\r\n')[0]).toBe(
      'INFO sip:a@b Via: evil SIP/2.0',
    );
    expect(written([{ name: 'X: y\r\nVia', value: 'evil' }])).not.toContain('evil');
    expect(written([{ name: '', value: 'evil' }])).not.toContain('evil');
  });
});

describe('a response', () => {
  const invite = request({
    replace: { Via: 'SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2' },
    add: [
      'Via: SIP/2.0/UDP c;branch=z9hG4bK3',
      'Record-Route: <sip:p1;lr>',
      'Record-Route: <sip:p2;lr>',
      'Subject: x',
    ],
  });

  it('copies what RFC 3261 §8.2.6 names, and puts its tag into To', () => {
    const made = responseTo(invite, 404, {
      toTag: 'mine',
      headers: [{ name: 'Server', value: 's' }],
    });
    expect(made).toMatchObject({ kind: 'response', status: 404, reason: 'Not Found' });
    expect(made.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=z9hG4bK2',
      'Via: SIP/2.0/UDP c;branch=z9hG4bK3',
      'From: "Alice" <sip:alice@atlanta.example>;tag=1928301774',
      'To: <sip:bob@biloxi.example>;tag=mine',
      'Call-ID: a84b4c76e66710@192.0.2.1',
      'CSeq: 314159 INVITE',
      'Server: s',
    ]);
  });

  it('copies Record-Route where a dialog can begin', () => {
    expect(headersNamed(responseTo(invite, 180), 'Record-Route')).toHaveLength(2);
    expect(headersNamed(responseTo(invite, 200), 'Record-Route')).toHaveLength(2);
    expect(headersNamed(responseTo(invite, 100), 'Record-Route')).toHaveLength(0);
    expect(
      headersNamed(responseTo({ ...invite, method: 'OPTIONS' }, 200), 'Record-Route'),
    ).toHaveLength(0);
  });

  it('puts no tag into 100, nor beside one that is there', () => {
    expect(toTag(responseTo(invite, 100, { toTag: 'mine' }))).toBeUndefined();
    const inDialog = request({ replace: { To: '<sip:b@c>;tag=theirs' } });
    expect(toTag(responseTo(inDialog, 200, { toTag: 'mine' }))).toBe('theirs');
  });

  it('copies Timestamp into 100 alone', () => {
    const timed = request({ add: ['Timestamp: 54'] });
    expect(header(responseTo(timed, 100), 'Timestamp')).toBe('54');
    expect(header(responseTo(timed, 180), 'Timestamp')).toBeUndefined();
  });

  it('has the phrase of its status, or of its class', () => {
    expect(responseTo(invite, 486).reason).toBe('Busy Here');
    expect(responseTo(invite, 499).reason).toBe('Bad Request');
    expect(responseTo(invite, 486, { reason: 'Gone Fishing' }).reason).toBe('Gone Fishing');
  });

  it('answers what was refused, but never an ACK', () => {
    const refused = parse(bytes({ replace: { CSeq: 'x' } }));
    if (refused.ok || !refused.partial) throw new Error('not answerable');
    expect(badRequestResponse(refused.partial, refused.error, 't')).toMatchObject({
      status: 400,
      reason: 'Bad CSeq',
    });
    const ack = { ...refused.partial, method: 'ACK' };
    expect(badRequestResponse(ack, refused.error)).toBeUndefined();
  });
});

describe('requests beside a request', () => {
  const invite = request({
    replace: { Via: 'SIP/2.0/UDP a;branch=z9hG4bK1' },
    add: ['Via: SIP/2.0/UDP below;branch=z9hG4bK2', 'Route: <sip:p1;lr>', 'Route: <sip:p2;lr>'],
  });

  it('an ACK to a failure has the INVITE’s top Via and Route, and the response’s To', () => {
    const ack = ackForFailure(invite, response({ replace: { To: '<sip:b@c>;tag=theirs' } }));
    expect(ack).toMatchObject({ method: 'ACK', uri: invite.uri });
    expect(ack.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
      'Route: <sip:p1;lr>',
      'Route: <sip:p2;lr>',
      'Max-Forwards: 70',
      'From: "Alice" <sip:alice@atlanta.example>;tag=1928301774',
      'To: <sip:b@c>;tag=theirs',
      'Call-ID: a84b4c76e66710@192.0.2.1',
      'CSeq: 314159 ACK',
    ]);
  });

  it('an ACK to a failure repeats the credentials that an ACK cannot be asked for', () => {
    const proven = request({
      add: ['Proxy-Authorization: Digest username="a"', 'Authorization: Digest x="b"'],
    });
    const ack = ackForFailure(proven, response());
    expect(header(ack, 'Proxy-Authorization')).toBe('Digest username="a"');
    expect(header(ack, 'Authorization')).toBe('Digest x="b"');
  });

  it('a CANCEL has the request’s top Via, To and number, and a Reason when given', () => {
    const cancel = cancelOf(invite, [{ name: 'Reason', value: 'SIP;cause=200' }]);
    expect(headersNamed(cancel, 'Via')).toHaveLength(1);
    expect(header(cancel, 'To')).toBe('<sip:bob@biloxi.example>');
    expect(header(cancel, 'CSeq')).toBe('314159 CANCEL');
    expect(header(cancel, 'Reason')).toBe('SIP;cause=200');
    expect(header(cancel, 'Require')).toBeUndefined();
    expect(taken(serialize(cancel))).toMatchObject({ method: 'CANCEL' });
  });
});

it('removes headers by any of their names', () => {
  const { headers } = request({ add: ['s: one', 'Subject: two'] });
  const kept = withoutHeaders(headers, 'subject', 'i').map(({ name }) => name);
  expect(kept).toEqual(['Via', 'Max-Forwards', 'From', 'To', 'CSeq', 'Contact', 'Content-Length']);
});

describe('the name of a header', () => {
  it.each([
    ['user-to-user', 'User-to-User'],
    ['User-To-User', 'User-to-User'],
    ['session-id', 'Session-ID'],
    ['p-asserted-identity', 'P-Asserted-Identity'],
    ['p-called-party-id', 'P-Called-Party-ID'],
    ['remote-party-id', 'Remote-Party-ID'],
    ['mime-version', 'MIME-Version'],
    ['www-authenticate', 'WWW-Authenticate'],
    ['call-id', 'Call-ID'],
    ['I', 'Call-ID'],
    ['cseq', 'CSeq'],
    ['rack', 'RAck'],
    ['rseq', 'RSeq'],
    ['min-se', 'Min-SE'],
    ['sip-etag', 'SIP-ETag'],
    ['sip-if-match', 'SIP-If-Match'],
    ['history-info', 'History-Info'],
    ['SUBSCRIPTION-STATE', 'Subscription-State'],
    ['p-foo-bar', 'P-Foo-Bar'],
    ['P-FOO-bar', 'P-FOO-bar'],
    ['x-lower', 'x-lower'],
    ['X-Genesys-CallUUID', 'X-Genesys-CallUUID'],
  ])('%s is written %s', (given, spelled) => {
    expect(wireName(given)).toBe(spelled);
  });
});
