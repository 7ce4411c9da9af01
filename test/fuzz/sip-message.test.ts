import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  badRequestResponse,
  type Framed,
  type Header,
  MessageFramer,
  parse,
  type SipMessage,
  serialize,
} from '../../src/engine/message';
import { tortureMessage } from '../engine/message/torture';
import { processorMs } from '../support/processor-time';

const TORTURE = readdirSync(join(__dirname, '../engine/message/torture'))
  .filter((file) => file.endsWith('.txt'))
  .map((file) => tortureMessage(file.replace('.txt', '')));

/** Far above what any datagram takes, far below what a quadratic reader would. */
const BOUND_MS = 250;

const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,12}$/);
const word = fc.stringMatching(/^[A-Za-z0-9.~!*()'-]{1,12}$/);
/** A header value as it can be on one line: no line breaks, no NUL, no blanks at its ends. */
const value = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map((text) => text.replace(/[\r\n\0]/g, ' ').replace(/^[ \t]+|[ \t]+$/g, ''));
const uri = fc
  .tuple(word, word)
  .map(([user, host]) => `sip:${user}@h-${host.replace(/[^A-Za-z0-9]/g, 'x')}`);
const params = fc
  .uniqueArray(token, { maxLength: 3, selector: (name) => name.toLowerCase() })
  .map((names) =>
    names
      .filter((name) => name.toLowerCase() !== 'tag')
      .map((name) => `;${name}=v`)
      .join(''),
  );
const number = fc.integer({ min: 0, max: 2 ** 31 - 1 });

const extraHeaders: fc.Arbitrary<Header[]> = fc.array(
  fc.record({ name: token.map((name) => `X-${name}`), value }),
  { maxLength: 8 },
);

const common = fc
  .record({
    branch: token,
    from: uri,
    to: uri,
    tag: token,
    callId: word,
    seq: number,
    extra: extraHeaders,
    more: params,
  })
  .map(({ branch, from, to, tag, callId, seq, extra, more }) => ({
    seq,
    headers: (method: string): Header[] => [
      { name: 'Via', value: `SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${branch}${more}` },
      { name: 'From', value: `"quoted, \\"name\\"" <${from}>;tag=${tag}` },
      { name: 'To', value: `<${to}>${more}` },
      { name: 'Call-ID', value: callId },
      { name: 'CSeq', value: `${seq} ${method}` },
      ...extra,
    ],
  }));
const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

const message: fc.Arbitrary<SipMessage> = fc.oneof(
  fc
    .record({ common, method: token, uri, body })
    .map(({ common, method, uri, body }): SipMessage => {
      return { kind: 'request', method, uri, headers: common.headers(method), body };
    }),
  fc
    .record({
      common,
      method: token,
      status: fc.integer({ min: 100, max: 699 }),
      reason: value,
      body,
    })
    .map(({ common, method, status, reason, body }): SipMessage => {
      return { kind: 'response', status, reason, headers: common.headers(method), body };
    }),
);

/** A sound or tortuous message with some of its bytes changed, removed, doubled or put in. */
const mutated = fc
  .record({
    base: fc.oneof(fc.constantFrom(...TORTURE), message.map(serialize)),
    edits: fc.array(
      fc.record({
        at: fc.nat(2_000),
        remove: fc.nat(20),
        insert: fc.oneof(
          fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
          fc
            .constantFrom(
              '\r\n',
              '\n',
              '\r',
              '\r\n ',
              '"',
              '<',
              '>',
              ';',
              ',',
              ':',
              '\\',
              '[',
              '@',
              '\0',
              'Via: ',
              'l: 5\r\n',
            )
            .map((text) => Buffer.from(text)),
        ),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ base, edits }) =>
    edits.reduce((bytes, { at, remove, insert }) => {
      const from = at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
    }, base),
  );

function plain({ headers, ...rest }: SipMessage): unknown {
  const kept = headers.filter(({ name }) => !/^(content-length|l)$/i.test(name));
  return { ...rest, headers: kept.map(({ name, value }) => ({ name, value })) };
}

/** Parses, and makes of the outcome whatever can be made of it. */
function survive(bytes: Buffer): void {
  const spent = processorMs(() => {
    const result = parse(bytes);
    if (result.ok) {
      const again = parse(serialize(result.message));
      expect(again.ok && plain(again.message)).toEqual(plain(result.message));
    } else if (result.partial) {
      const response = badRequestResponse(result.partial, result.error, 'tag');
      if (response) serialize(response);
    }
  });
  expect(spent).toBeLessThan(BOUND_MS);
}

it('reads back every message it writes', () => {
  fc.assert(
    fc.property(message, (sent) => {
      const result = parse(serialize(sent));
      expect(result.ok && plain(result.message)).toEqual(plain(sent));
    }),
    { numRuns: 500 },
  );
});

it('survives random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => survive(Buffer.from(bytes))),
    {
      numRuns: 500,
    },
  );
});

it('survives mutations of sound and of tortuous messages, and what it takes it can write', () => {
  fc.assert(fc.property(mutated, survive), { numRuns: 2_000 });
});

it('never lets a value of a header become a header or a body', () => {
  const hostile = fc.string({
    unit: fc.constantFrom('\r', '\n', ' ', '\t', ':', 'a', 'Via', '\0', '"'),
    maxLength: 30,
  });
  fc.assert(
    fc.property(message, hostile, (sent, text) => {
      const bytes = serialize({
        ...sent,
        headers: [...sent.headers, { name: 'X-Last', value: text }],
      });
      const result = parse(bytes);
      if (!result.ok) throw new Error(result.error.reason);
      const names = result.message.headers.map(({ name }) => name);
      expect(names).toEqual([...sent.headers.map(({ name }) => name), 'X-Last', 'Content-Length']);
      expect(result.message.body).toEqual(sent.body);
    }),
    { numRuns: 500 },
  );
});

describe('a stream', () => {
  const stream = fc.array(
    fc.oneof(message.map(serialize), fc.constantFrom(Buffer.from('\r\n'), Buffer.from('\r\n\r\n'))),
    {
      maxLength: 6,
    },
  );
  const cuts = fc.array(fc.nat(4_000), { maxLength: 40 });

  it('gives the same messages wherever it is cut', () => {
    fc.assert(
      fc.property(stream, cuts, (parts, at) => {
        const bytes = Buffer.concat(parts);
        expect(messagesOf(pieces(bytes, at))).toEqual(messagesOf([bytes]));
      }),
      { numRuns: 300 },
    );
  });

  it('survives mutation, cut anywhere, with the same outcome', () => {
    fc.assert(
      fc.property(fc.array(mutated, { minLength: 1, maxLength: 3 }), cuts, (parts, at) => {
        const bytes = Buffer.concat(parts);
        expect(messagesOf(pieces(bytes, at))).toEqual(messagesOf([bytes]));
      }),
      { numRuns: 500 },
    );
  });
});

function pieces(bytes: Buffer, at: readonly number[]): Buffer[] {
  const cuts = [...new Set(at.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...cuts, bytes.length].map((cut, index) => bytes.subarray(cuts[index - 1] ?? 0, cut));
}

/** Everything but pings, which are told once a chunk. */
function messagesOf(chunks: readonly Buffer[]): unknown[] {
  const framer = new MessageFramer();
  return chunks
    .flatMap((chunk) => framer.push(Buffer.from(chunk)))
    .filter((framed): framed is Exclude<Framed, { kind: 'ping' }> => framed.kind !== 'ping')
    .map(({ kind, result }) =>
      result.ok
        ? plain(result.message)
        : { kind, error: result.error, partial: result.partial?.method },
    );
}
