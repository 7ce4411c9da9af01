import fc from 'fast-check';
import { type BodyPart, metadataOf, parseBody, sdpOf, writeBody } from '../../../src/siprec';
import { processorMs } from '../../support/processor-time';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n';
const XML = '<recording xmlns="urn:ietf:params:xml:ns:recording:1"/>';

function partsOf(contentType: string, body: string): readonly BodyPart[] {
  const result = parseBody({ contentType }, body);
  if (result.kind === 'refused') throw new Error(result.problem);
  return result.parts;
}

function problemOf(contentType: string, body: string): string {
  const result = parseBody({ contentType }, body);
  if (result.kind === 'parts') throw new Error('not refused');
  return result.problem;
}

function lines(...of: string[]): string {
  return of.join('\r\n');
}

const TWO = lines(
  '--foo',
  'Content-Type: application/sdp',
  'Content-Disposition: session;handling=required',
  '',
  `${SDP}--foo`,
  'Content-Type: application/rs-metadata+xml',
  'Content-Disposition: recording-session',
  '',
  XML,
  '--foo--',
  '',
);

describe('a body', () => {
  test('that is not multipart is one part with the headers of the message', () => {
    const result = parseBody(
      { contentType: 'application/SDP', contentDisposition: 'session;handling=required' },
      SDP,
    );
    expect(result).toEqual({
      kind: 'parts',
      parts: [
        {
          type: 'application/sdp',
          disposition: 'session',
          headers: [
            ['Content-Type', 'application/SDP'],
            ['Content-Disposition', 'session;handling=required'],
          ],
          content: SDP,
        },
      ],
    });
  });

  test('that is empty has no part', () => {
    expect(parseBody({ contentType: undefined }, '')).toEqual({ kind: 'parts', parts: [] });
  });

  test('of an offer and metadata comes apart into both, with its line ends kept', () => {
    const [sdp, metadata, ...more] = partsOf('multipart/mixed;boundary=foo', TWO);
    expect(more).toEqual([]);
    // The line end before a delimiter belongs to the delimiter.
    expect(sdp).toMatchObject({ type: 'application/sdp', disposition: 'session' });
    expect(`${sdp?.content}\r\n`).toBe(SDP);
    expect(metadata).toMatchObject({
      type: 'application/rs-metadata+xml',
      disposition: 'recording-session',
      content: XML,
    });
  });

  test.each([
    ['quoted', 'multipart/mixed; boundary="foo"'],
    ['quoted with an escape', 'multipart/mixed; boundary="f\\oo"'],
    ['upper-case names', 'MULTIPART/Mixed; BOUNDARY=foo'],
    ['after another parameter', 'multipart/mixed; charset="a;boundary=no"; boundary=foo'],
    ['blanks around it', 'multipart/mixed ;  boundary = foo  '],
    ['forgotten, found in the body', 'multipart/mixed'],
    ['empty, found in the body', 'multipart/mixed;boundary='],
  ])('with its boundary %s is read', (_form, contentType) => {
    expect(partsOf(contentType, TWO)).toHaveLength(2);
  });

  test('with a boundary of signs that mean something to regular expressions is read', () => {
    const boundary = "(a)+_,-./:=?'*[x]";
    const body = TWO.replaceAll('--foo', `--${boundary}`);
    expect(partsOf(`multipart/mixed;boundary="${boundary}"`, body)).toHaveLength(2);
  });

  test('may have a preamble and an epilogue, and blanks after its delimiters', () => {
    const body = `This is MIME.\r\n${TWO.replace('--foo\r\n', '--foo \t\r\n')}bye\r\n--foo\r\n\r\nno part`;
    expect(partsOf('multipart/mixed;boundary=foo', body)).toHaveLength(2);
  });

  test('may end its lines with LF only', () => {
    const parts = partsOf('multipart/mixed;boundary=foo', TWO.replaceAll('\r\n', '\n'));
    expect(parts.map(({ type }) => type)).toEqual([
      'application/sdp',
      'application/rs-metadata+xml',
    ]);
    expect(metadataOf(parts)).toBe(XML);
  });

  test('may lack the last delimiter', () => {
    const parts = partsOf('multipart/mixed;boundary=foo', TWO.slice(0, TWO.indexOf('--foo--')));
    expect(parts).toHaveLength(2);
    expect(metadataOf(parts)?.trim()).toBe(XML);
  });

  test('may hold part headers without blanks, in any case, folded, or in compact form', () => {
    const body = lines(
      '--UniqueBroadWorksBoundary',
      'content-type:application/rs-metadata+xml',
      'CONTENT-DISPOSITION:',
      '\trecording-session',
      '',
      XML,
      '--UniqueBroadWorksBoundary',
      'c: application/sdp',
      '',
      'v=0',
      '--UniqueBroadWorksBoundary--',
    );
    const parts = partsOf('multipart/mixed;boundary=UniqueBroadWorksBoundary', body);
    expect(parts.map(({ type, disposition }) => [type, disposition])).toEqual([
      ['application/rs-metadata+xml', 'recording-session'],
      ['application/sdp', ''],
    ]);
    expect(sdpOf(parts)).toBe('v=0');
  });

  test('may hold parts without headers, with or without the blank line', () => {
    const body = lines('--b', '', 'v=0', 's=-', '--b', XML, '--b--');
    const parts = partsOf('multipart/mixed;boundary=b', body);
    expect(sdpOf(parts)).toBe('v=0\r\ns=-');
    expect(metadataOf(parts)).toBe(XML);
  });

  test('may hold an empty part', () => {
    const parts = partsOf('multipart/mixed;boundary=b', '--b\r\n--b\r\n\r\nx\r\n--b--');
    expect(parts.map(({ content }) => content)).toEqual(['', 'x']);
  });

  test('keeps a line that only begins like a delimiter inside the part', () => {
    const body = lines('--b', '', 'one', '--bb', 'x--b', '--b.', 'two', '--b--');
    expect(partsOf('multipart/mixed;boundary=b', body)[0]?.content).toBe(
      'one\r\n--bb\r\nx--b\r\n--b.\r\ntwo',
    );
  });

  test('finds metadata under the older types and under none', () => {
    for (const header of [
      'Content-Type: application/rs-metadata',
      'Content-Type: application/rs-metadata-request',
      'Content-Type: text/xml',
      'Content-Disposition: recording-session',
    ]) {
      expect(
        metadataOf(partsOf('multipart/mixed;boundary=b', lines('--b', header, '', XML, '--b--'))),
      ).toBe(XML);
    }
  });

  test('with a multipart inside, too many parts, headers or characters is refused', () => {
    expect(
      problemOf(
        'multipart/mixed;boundary=b',
        lines('--b', 'Content-Type: multipart/mixed;boundary=c', '', '--c', '', 'x', '--b--'),
      ),
    ).toMatch(/inside/);
    expect(problemOf('multipart/mixed;boundary=b', '--b\r\n\r\nx\r\n'.repeat(20))).toMatch(
      /16 parts/,
    );
    expect(problemOf('multipart/mixed;boundary=b', `--b\r\n${'A: b\r\n'.repeat(40)}\r\nx`)).toMatch(
      /32 headers/,
    );
    expect(problemOf('multipart/mixed;boundary=b', 'x'.repeat(300_000))).toMatch(/300000/);
    expect(problemOf(`multipart/mixed;boundary=${'b'.repeat(300)}`, 'x')).toMatch(/300/);
  });

  test('without any delimiter is refused', () => {
    expect(problemOf('multipart/mixed;boundary=b', 'nothing here')).toMatch(/without a part/);
    expect(problemOf('multipart/mixed', 'nothing here')).toMatch(/without a boundary/);
  });

  test('made to be slow is read in time that grows with its length only', () => {
    const spent = processorMs(() => {
      for (const filler of ['-', '\n', '\n-', '\n--b ', 'A:', ' ', '\r', '--b\r\n'.repeat(20)]) {
        const body = filler.repeat(Math.floor(250_000 / filler.length));
        parseBody({ contentType: `multipart/mixed;boundary=${'-'.repeat(199)}` }, body);
        parseBody({ contentType: 'multipart/mixed;boundary=b' }, body);
        parseBody({ contentType: 'multipart/mixed' }, body);
      }
    });
    expect(spent).toBeLessThan(1500);
  });

  test('of any bytes never throws', () => {
    const piece = fc.constantFrom(
      '--b',
      '--b--',
      '\r\n',
      '\n',
      '\r',
      ' ',
      '\t',
      ':',
      'Content-Type: ',
      'multipart/mixed',
      'application/sdp',
      ';boundary="b',
      '\u0000',
      'é',
      '\ud800',
    );
    const text = fc
      .array(fc.oneof(piece, fc.string()), { maxLength: 60 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, (type, body) => {
        expect(['parts', 'refused']).toContain(parseBody({ contentType: type }, body).kind);
        parseBody({ contentType: 'multipart/mixed;boundary=b' }, body);
      }),
      { numRuns: 500 },
    );
  });
});

describe('writing a body', () => {
  test('of one part needs no container', () => {
    expect(writeBody([{ type: 'application/sdp', disposition: 'session', content: SDP }])).toEqual({
      headers: { 'Content-Type': 'application/sdp', 'Content-Disposition': 'session' },
      body: SDP,
    });
  });

  test('of two parts makes multipart/mixed in the given order', () => {
    const { headers, body } = writeBody([
      { type: 'application/sdp', disposition: 'session;handling=required', content: 'v=0\r\n' },
      { type: 'application/rs-metadata+xml', disposition: 'recording-session', content: XML },
    ]);
    expect(headers).toEqual({
      'MIME-Version': '1.0',
      'Content-Type': 'multipart/mixed;boundary=rs-part',
    });
    expect(body).toBe(
      lines(
        '--rs-part',
        'Content-Type: application/sdp',
        'Content-Disposition: session;handling=required',
        '',
        'v=0',
        '',
        '--rs-part',
        'Content-Type: application/rs-metadata+xml',
        'Content-Disposition: recording-session',
        '',
        XML,
        '--rs-part--',
        '',
      ),
    );
  });

  test('takes a boundary that occurs in no part, so that any content survives', () => {
    const content = fc
      .array(
        fc.oneof(
          fc.constantFrom('--rs-part', '--rs-part-1', '--rs-part--', '\r\n', '\n', 'x'),
          fc.string(),
        ),
      )
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(content, { minLength: 2, maxLength: 4 }), (contents) => {
        const { headers, body } = writeBody(
          contents.map((text) => ({ type: 'text/plain', disposition: 'render', content: text })),
        );
        const parts = partsOf(headers['Content-Type']!, body);
        expect(parts.map(({ content: text }) => text)).toEqual(contents);
      }),
      { numRuns: 500 },
    );
  });
});
