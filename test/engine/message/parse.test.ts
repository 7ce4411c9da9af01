import {
  callId,
  contacts,
  cseq,
  from,
  header,
  headersNamed,
  MAX_HEADERS,
  MAX_LINE_CHARS,
  MAX_MESSAGE_BYTES,
  parse,
  serialize,
  supported,
  topVia,
  vias,
} from '../../../src/engine/message';
import { processorMs } from '../../support/processor-time';
import { bytes, refusal, request, response, taken } from './messages';

describe('a message that is taken', () => {
  it('keeps one of the lines that say the same: applications would join them', () => {
    const twice = taken(
      bytes({ add: ['Call-ID: a84b4c76e66710@192.0.2.1', 'cseq: 314159 INVITE'] }),
    );
    expect(headersNamed(twice, 'Call-ID')).toHaveLength(1);
    expect(headersNamed(twice, 'CSeq')).toHaveLength(1);
    expect(
      serialize(twice)
        .toString()
        .match(/call-id/gi),
    ).toHaveLength(1);
  });

  it('keeps headers in order, with their names’ case, unknown ones too', () => {
    const message = request({ add: ['x-trunk: A', 'X-TRUNK: B', 'Subject: '] });
    expect(message.headers.slice(-4).map(({ name, value }) => [name, value])).toEqual([
      ['x-trunk', 'A'],
      ['X-TRUNK', 'B'],
      ['Subject', ''],
      ['Content-Length', '0'],
    ]);
  });

  it('may end its lines in bare LF', () => {
    const message = request({ eol: '\n', body: 'v=0\n' });
    expect(callId(message)).toBe('a84b4c76e66710@192.0.2.1');
    expect(message.body.toString()).toBe('v=0\n');
  });

  it('ends its headers at the first blank line, whatever the body holds', () => {
    const message = request({ eol: '\n', body: 'part\r\n\r\nCall-ID: other\r\n' });
    expect(message.body.toString()).toBe('part\r\n\r\nCall-ID: other\r\n');
  });

  it('may follow line breaks', () => {
    expect(taken(Buffer.concat([Buffer.from('\r\n\r\n\n'), bytes()]))).toMatchObject({
      method: 'INVITE',
    });
  });

  it('may use compact forms in either case', () => {
    const message = request({
      replace: {
        Via: undefined,
        From: undefined,
        To: undefined,
        'Call-ID': undefined,
        Contact: undefined,
      },
      add: [
        'v: SIP/2.0/TCP host;branch=z9hG4bK1',
        'F: <sip:a@b>;tag=1',
        't: <sip:c@d>',
        'I: compact',
        'm: <sip:a@host>',
        'K: timer, 100rel',
      ],
    });
    expect(topVia(message)?.transport).toBe('TCP');
    expect(from(message)?.uri).toBe('sip:a@b');
    expect(callId(message)).toBe('compact');
    expect(contacts(message)).toHaveLength(1);
    expect(supported(message)).toEqual(['timer', '100rel']);
    expect(header(message, 'Via')).toBe(header(message, 'V'));
  });

  it('has folded lines joined with one space', () => {
    const message = request({ add: ['Subject: I know', '\t you are', '   there'] });
    expect(header(message, 'Subject')).toBe('I know you are there');
  });

  it('may have blanks around the colon', () => {
    expect(header(request({ add: ['Subject \t:\t  hello \t'] }), 'subject')).toBe('hello');
  });

  it('may repeat a single header when it says the same', () => {
    const message = request({ add: ['Call-ID: a84b4c76e66710@192.0.2.1', 'Content-Length: 00'] });
    expect(callId(message)).toBe('a84b4c76e66710@192.0.2.1');
  });

  it('takes the rest of the datagram for its body when Content-Length is missing', () => {
    const message = request({ replace: { 'Content-Length': undefined }, body: 'v=0\r\n' });
    expect(message.body.toString()).toBe('v=0\r\n');
  });

  it('is cut at Content-Length', () => {
    const message = request({ replace: { 'Content-Length': '3' }, body: 'v=0\r\nINVITE again' });
    expect(message.body.toString()).toBe('v=0');
  });

  it('may lack Max-Forwards and tags, and may use an unknown method', () => {
    const message = request({
      start: 'HELLO sip:bob@biloxi.example SIP/2.0',
      replace: { 'Max-Forwards': undefined, From: '<sip:a@b>', CSeq: '1 HELLO' },
    });
    expect(cseq(message)).toEqual({ seq: 1, method: 'HELLO' });
  });

  it('may be a response without a reason phrase, or even the space before it', () => {
    expect(response({ start: 'SIP/2.0 486 Busy Here' })).toMatchObject({ reason: 'Busy Here' });
    expect(response({ start: 'SIP/2.0 486 ' })).toMatchObject({ status: 486, reason: '' });
    expect(response({ start: 'SIP/2.0 486' })).toMatchObject({ status: 486, reason: '' });
    expect(response({ start: 'sip/2.0 486' })).toMatchObject({ status: 486, reason: '' });
  });

  it('has a display name unquoted, escaped or in letters outside ASCII', () => {
    const name = (From: string) => from(request({ replace: { From } }))?.displayName;
    expect(name('Dr. Alice (home) <sip:a@b>')).toBe('Dr. Alice (home)');
    expect(name('"A \\"B\\" <c>, d" <sip:a@b>')).toBe('A "B" <c>, d');
    expect(name('Олена <sip:a@b>')).toBe('Олена');
    expect(name('<sip:a@b>')).toBeUndefined();
  });
});

describe('a request that is refused', () => {
  const refusedWhen = (replace: Record<string, string | undefined>) => refusal(bytes({ replace }));

  it.each(['Via', 'From', 'To', 'Call-ID', 'CSeq'])('lacks %s', (name) => {
    expect(refusedWhen({ [name]: undefined })).toBe(`400 Missing ${name}`);
  });

  it.each([
    ['Via', 'HTTP/1.1 host'],
    ['Via', 'SIP/2.0/UDP host name;branch=z9hG4bK1'],
    ['Via', 'SIP/2.0/UDP host:99999;branch=z9hG4bK1'],
    ['Via', 'SIP/2.0/UDP [::1;branch=z9hG4bK1'],
    ['Via', 'SIP/2.0/UDP host;branch="z9hG4bK1'],
    ['From', 'Alice'],
    ['From', '<sip:a@b>;tag=1, <sip:c@d>;tag=2'],
    ['From', '<sip:a@b>;tag='],
    ['From', '<sip:a@b>;tag=a|b'],
    ['From', '<sip:a@b>;tag=a b'],
    ['From', '<sip:a@b'],
    ['To', '<sip:b@>'],
    ['To', ''],
    ['Call-ID', ''],
    ['Call-ID', 'two words'],
    ['Call-ID', 'a|b'],
    ['CSeq', '1'],
    ['CSeq', '-1 INVITE'],
    ['CSeq', '2147483648 INVITE'],
    ['CSeq', '1 INVITE now'],
    ['CSeq', '0x1 INVITE'],
    ['Max-Forwards', '256'],
    ['Max-Forwards', '-1'],
    ['Max-Forwards', 'many'],
    ['Contact', '<sip:a@'],
    ['Contact', '<sip:a@b, <sip:c@d'],
    ['Contact', '"A <sip:a@b'],
    ['Contact', 'sip:a@b?Route=c'],
  ])('has a bad %s: %s', (name, value) => {
    expect(refusedWhen({ [name]: value })).toBe(`400 Bad ${name}`);
  });

  it('names another method in CSeq', () => {
    expect(refusedWhen({ CSeq: '1 BYE' })).toBe('400 CSeq Method Mismatch');
    expect(refusedWhen({ CSeq: '1 invite' })).toBe('400 CSeq Method Mismatch');
  });

  it.each(['-1', '1e3', '+5', '5;x', '5 5'])('has a Content-Length of %s', (length) => {
    expect(refusedWhen({ 'Content-Length': length })).toBe('400 Bad Content-Length');
  });

  it('has a shorter body than it says', () => {
    const datagram = bytes({ replace: { 'Content-Length': '6' }, body: 'v=0\r\n' });
    expect(refusal(datagram)).toBe('400 Body Shorter Than Content-Length');
  });

  it('says two different things where one may be said', () => {
    expect(refusal(bytes({ add: ['Call-ID: other'] }))).toBe('400 Conflicting Call-ID');
    expect(refusal(bytes({ add: ['CSeq: 2 INVITE'] }))).toBe('400 Conflicting CSeq');
    expect(refusal(bytes({ add: ['f: <sip:x@y>;tag=2'] }))).toBe('400 Conflicting From');
    expect(refusal(bytes({ add: ['l: 1'] }))).toBe('400 Conflicting Content-Length');
    expect(refusal(bytes({ add: ['Max-Forwards: 1'] }))).toBe('400 Conflicting Max-Forwards');
  });

  it.each([
    'INVITE  sip:bob@biloxi.example SIP/2.0',
    'INVITE sip:bob@biloxi.example  SIP/2.0',
    'INVITE sip:bob@biloxi example SIP/2.0',
    'INVITE sip:bob@ SIP/2.0',
    'INVITE sip:bob@a@b SIP/2.0',
    'INVITE sip: SIP/2.0',
    'INVITE bob SIP/2.0',
    'INVITE sip:bob@biloxi.example?Subject=x SIP/2.0',
    'INVITE <sip:bob@biloxi.example> SIP/2.0',
    'INVITE sip:bob@biloxi.example:99999 SIP/2.0',
  ])('has the start line %s', (start) => {
    expect(refusal(bytes({ start }))).toBe('400 Bad Request-URI');
  });

  it('is of another version', () => {
    expect(refusal(bytes({ start: 'INVITE sip:bob@b SIP/3.0' }))).toBe('505 Version Not Supported');
  });

  it('has a line that is no header', () => {
    expect(refusal(bytes({ add: ['no colon'] }))).toBe('400 Bad Header Line');
    expect(refusal(bytes({ add: [': no name'] }))).toBe('400 Bad Header Line');
    expect(refusal(bytes({ add: ['two words: value'] }))).toBe('400 Bad Header Line');
    expect(refusal(bytes({ add: ['a@b: value'] }))).toBe('400 Bad Header Line');
  });

  it('folds its first header onto the start line', () => {
    const datagram = Buffer.from(bytes().toString().replace('Via:', ' Via:'));
    expect(refusal(datagram)).toBe('400 Bad Header Line');
  });

  it('hides a header behind a carriage return alone, or holds a NUL', () => {
    expect(refusal(bytes({ add: ['Subject: a\rVia: b'] }))).toBe('400 Bare CR in Header');
    expect(parse(bytes({ start: 'SIP/2.0 200 a\rVia: b' }))).toMatchObject({ ok: false });
    expect(refusal(bytes({ add: ['Subject: a\0b'] }))).toBe('400 NUL in Header');
    expect(refusal(bytes({ add: ['Subject: "a\\\0b"'] }))).toBe('taken');
  });

  it('never ends its headers', () => {
    expect(refusal(bytes().subarray(0, -2))).toBe('400 Headers Not Ended');
  });

  it('is larger than we take', () => {
    const body = 'x'.repeat(MAX_MESSAGE_BYTES);
    expect(refusal(bytes({ body }))).toBe('513 Message Too Large');
    const many = Array.from({ length: MAX_HEADERS }, (_, at) => `X-${at}: x`);
    expect(refusal(bytes({ add: many }))).toBe('513 Too Many Headers');
    expect(refusal(bytes({ add: [`X: ${'x'.repeat(MAX_LINE_CHARS + 1)}`] }))).toBe(
      '513 Header Too Long',
    );
    expect(refusal(bytes({ start: `INVITE sip:${'x'.repeat(MAX_LINE_CHARS)} SIP/2.0` }))).toBe(
      '513 Start Line Too Long',
    );
  });

  it('can be answered as soon as its method and a Via can be read', () => {
    const result = parse(bytes({ replace: { To: undefined }, add: ['X: \r bad'] }));
    if (result.ok || !result.partial) throw new Error('not answerable');
    expect(result.partial.method).toBe('INVITE');
    expect(vias(result.partial)).toHaveLength(1);
    expect(header(result.partial, 'X')).toBeUndefined();
  });

  it.each([
    ['without a Via', bytes({ replace: { Via: undefined } })],
    ['in another protocol', bytes({ start: 'GET / HTTP/1.1' })],
    ['with a method that is no token', bytes({ start: 'IN@VITE sip:b@c SIP/2.0' })],
    ['empty', Buffer.alloc(0)],
    ['of line breaks', Buffer.from('\r\n\r\n')],
    ['of binary bytes', Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42])],
    ['a response without CSeq', bytes({ start: 'SIP/2.0 200 OK', replace: { CSeq: undefined } })],
    ['a response of status 99', bytes({ start: 'SIP/2.0 099 X' })],
    ['a response of status 700', bytes({ start: 'SIP/2.0 700 X' })],
  ])('cannot be answered %s', (_, datagram) => {
    expect(parse(datagram)).toMatchObject({ ok: false });
    expect(parse(datagram)).not.toHaveProperty('partial');
  });
});

describe('hostile sizes', () => {
  it.each([
    ['folds', `Subject: a\r\n${' \r\n'.repeat(21_000)}`],
    ['lines without a colon', 'x\r\n'.repeat(21_000)],
    ['commas in a Via', `Via: ${','.repeat(60_000)}\r\n`],
    ['semicolons in a From', `From: <sip:a@b>${';a'.repeat(4_000)}\r\n`],
    ['open quotes', `Contact: ${'"'.repeat(8_001)}\r\n`],
    ['blanks', `Subject: ${' '.repeat(60_000)}x\r\n`],
    ['carriage returns', `Subject: ${'\r'.repeat(60_000)}\r\n`],
    ['escaped NULs', `Subject: ${'\\\0'.repeat(30_000)}\r\n`],
  ])('%s take no time to speak of', (_, lines) => {
    const datagram = Buffer.from(
      bytes().toString().replace('Max-Forwards', `${lines}Max-Forwards`),
    );
    expect(processorMs(() => parse(datagram))).toBeLessThan(250);
  });
});
