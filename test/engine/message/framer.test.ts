import { type Framed, MAX_MESSAGE_BYTES, MessageFramer } from '../../../src/engine/message';
import { processorMs } from '../../support/processor-time';
import { bytes } from './messages';

const INVITE = bytes({ body: 'v=0\r\n\r\nmore' });
const BYE = bytes({ start: 'BYE sip:b@c SIP/2.0', replace: { CSeq: '2 BYE' } });

/** Pushes chunks and tells shortly what came out. */
function told(framer: MessageFramer, ...chunks: Array<Buffer | string>): string[] {
  return chunks.flatMap((chunk) => framer.push(Buffer.from(chunk)).map(short));
}

function short(framed: Framed): string {
  if (framed.kind === 'ping') return 'ping';
  const { result } = framed;
  if (!result.ok) return `${framed.kind} ${result.error.status} ${result.error.reason}`;
  const { message } = result;
  return `${message.kind === 'request' ? message.method : message.status} ${message.body.length}`;
}

it('yields messages that come together', () => {
  const framer = new MessageFramer();
  expect(told(framer, Buffer.concat([INVITE, BYE, INVITE]))).toEqual([
    'INVITE 11',
    'BYE 0',
    'INVITE 11',
  ]);
  expect(framer.isMidMessage).toBe(false);
});

it('yields a message that comes byte by byte', () => {
  const framer = new MessageFramer();
  const chunks = [...INVITE, ...BYE].map((byte) => Buffer.from([byte]));
  expect(told(framer, ...chunks)).toEqual(['INVITE 11', 'BYE 0']);
});

it('knows that it waits for the rest', () => {
  const framer = new MessageFramer();
  expect(told(framer, INVITE.subarray(0, 10))).toEqual([]);
  expect(framer.isMidMessage).toBe(true);
  expect(told(framer, INVITE.subarray(10, -1))).toEqual([]);
  expect(framer.isMidMessage).toBe(true);
  expect(told(framer, INVITE.subarray(-1))).toEqual(['INVITE 11']);
});

it('keeps the bodies it gave out as they were', () => {
  const framer = new MessageFramer();
  const [first] = [...INVITE].flatMap((byte) => framer.push(Buffer.from([byte])));
  told(framer, ...[...bytes({ body: 'xxxxxxxxxxx' })].map((byte) => Buffer.from([byte])));
  if (first?.kind !== 'message' || !first.result.ok) throw new Error('no message');
  expect(first.result.message.body.toString()).toBe('v=0\r\n\r\nmore');
});

it('tells the length of a message on the wire', () => {
  const [framed] = new MessageFramer().push(INVITE);
  expect(framed).toMatchObject({ kind: 'message', bytes: INVITE.length });
});

it('answers a double line break between messages as a ping, a single one not at all', () => {
  const framer = new MessageFramer();
  expect(told(framer, '\r\n\r\n')).toEqual(['ping']);
  expect(told(framer, '\r\n', '\r', '\n')).toEqual(['ping']);
  expect(told(framer, '\r\n', BYE, '\r\n', BYE)).toEqual(['BYE 0', 'BYE 0']);
  expect(told(framer, '\r\n'.repeat(1000))).toEqual(['ping']);
});

it('passes over a malformed message whose end it knows', () => {
  const framer = new MessageFramer();
  const bad = bytes({ replace: { CSeq: 'x' }, body: 'body' });
  expect(told(framer, bad, BYE)).toEqual(['message 400 Bad CSeq', 'BYE 0']);
});

it.each([
  [
    'has no Content-Length',
    bytes({ replace: { 'Content-Length': undefined } }),
    '400 Missing Content-Length',
  ],
  ['has two of them', bytes({ add: ['l: 1'] }), '400 Conflicting Content-Length'],
  [
    'has a second one that cannot be read',
    bytes({ add: ['Content-Length: 5\r0'] }),
    '400 Bare CR in Header',
  ],
  [
    'has one that is no number',
    bytes({ replace: { 'Content-Length': '0x10' } }),
    '400 Bad Content-Length',
  ],
  [
    'is to be too large',
    bytes({ replace: { 'Content-Length': '65000' }, add: [`X: ${'x'.repeat(4000)}`] }),
    '513 Message Too Large',
  ],
  [
    'is to be far too large',
    bytes({ replace: { 'Content-Length': '999999' } }),
    '513 Message Too Large',
  ],
])('gives up a stream whose message %s', (_, message, error) => {
  const framer = new MessageFramer();
  const framed = framer.push(message);
  expect(framed.map(short)).toEqual([`broken ${error}`]);
  expect(framed[0]).toMatchObject({ result: { partial: { method: 'INVITE' } } });
  expect(told(framer, BYE)).toEqual([]);
});

it('gives up a stream whose headers never end, holding no more than one message of it', () => {
  const framer = new MessageFramer();
  const line = Buffer.from(`X: ${'x'.repeat(1000)}\r\n`);
  const start = 'INVITE sip:b@c SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\n';
  const out = told(framer, start);
  for (let sent = 0; sent < 2 * MAX_MESSAGE_BYTES; sent += line.length)
    out.push(...told(framer, line));
  expect(out).toEqual(['broken 513 Message Too Large']);
});

it('gives up a stream of another protocol', () => {
  const framer = new MessageFramer();
  const [framed] = framer.push(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
  expect(framed).toMatchObject({ kind: 'broken', result: { ok: false } });
  expect(framed).not.toHaveProperty('result.partial');
});

it('takes a large message byte by byte in time that is in proportion', () => {
  const framer = new MessageFramer();
  const message = bytes({ body: 'x'.repeat(60_000) });
  let count = 0;
  const spent = processorMs(() => {
    for (const byte of message) count += framer.push(Buffer.from([byte])).length;
  });
  expect(count).toBe(1);
  expect(spent).toBeLessThan(500);
});
