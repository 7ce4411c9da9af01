import fc from 'fast-check';
import { parseMetadata, partiesOf } from '../../../src/siprec';
import { processorMs } from '../../support/processor-time';

function problemOf(text: string): string {
  const parsed = parseMetadata(text);
  if (parsed.kind !== 'refused') throw new Error(`read as ${parsed.kind}`);
  return parsed.problem;
}

test('a snapshot request is told from a recording, with its reason', () => {
  expect(
    parseMetadata(
      `<?xml version="1.0"?><requestsnapshot xmlns='urn:ietf:params:xml:ns:recording:1'>
         <requestreason xml:lang="it">SRS internal error</requestreason></requestsnapshot>`,
    ),
  ).toEqual({ kind: 'snapshot-request', reason: 'SRS internal error' });
  expect(parseMetadata('<requestSnapshot/>')).toEqual({
    kind: 'snapshot-request',
    reason: undefined,
  });
});

test('an empty recording is a complete document with nothing in it', () => {
  expect(parseMetadata('\uFEFF  <recording/>')).toEqual({
    kind: 'recording',
    metadata: {
      mode: 'complete',
      groups: [],
      sessions: [],
      participants: [],
      streams: [],
      sessionRecordings: [],
      participantSessions: [],
      participantStreams: [],
      extensions: [],
    },
  });
});

test('times that are none are left out, others keep their instant', () => {
  const parsed = parseMetadata(
    `<recording><session session_id="a"><start-time>yesterday</start-time>
     <stop-time>2026-01-15T16:03:07.250+02:00</stop-time></session></recording>`,
  );
  expect(parsed).toMatchObject({
    metadata: { sessions: [{ id: 'a', stopTime: new Date('2026-01-15T14:03:07.250Z') }] },
  });
});

test('a participant written once for each association is one party', () => {
  const parsed = parseMetadata(
    `<recording><participant participant_id="p"><nameID aor="sip:a@x"/></participant>
     <participant participant_id="p"><nameID aor="sip:a@x"><name>A</name></nameID></participant></recording>`,
  );
  if (parsed.kind !== 'recording') throw new Error('not read');
  expect(partiesOf(parsed.metadata)).toMatchObject([{ aors: ['sip:a@x'], name: 'A' }]);
});

describe('refused is', () => {
  test('a document type declaration, where entity expansion and external entities live', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><recording><session session_id="&b;"/></recording>`;
    expect(problemOf(bomb)).toMatch(/document type/);
    expect(problemOf('<!doctype r SYSTEM "file:///etc/passwd"><recording>&x;</recording>')).toMatch(
      /document type/,
    );
  });

  test('a document that is too long, too deep or has too many elements', () => {
    expect(problemOf(`<recording>${' '.repeat(300_000)}</recording>`)).toMatch(/characters/);
    expect(problemOf(`<recording>${'<a>'.repeat(60)}`)).toMatch(/nest/i);
    expect(problemOf(`<recording>${'<a/>'.repeat(20_000)}</recording>`)).toMatch(/10000 elements/);
  });

  test('what is no metadata at all', () => {
    expect(problemOf('')).toMatch(/no element/);
    expect(problemOf('hello')).toMatch(/no element/);
    expect(problemOf('<html><body/></html>')).toMatch(/html/);
    expect(problemOf('<__proto__/>')).not.toBe('');
    expect(problemOf('<recording')).not.toBe('');
  });
});

test('an entity that nobody defined stays as it was written', () => {
  const parsed = parseMetadata(
    '<recording><participant participant_id="&apos;&nbsp;&#0;&#x110000;&constructor;"/></recording>',
  );
  expect(parsed).toMatchObject({
    metadata: { participants: [{ id: "'&nbsp;&#0;&#x110000;&constructor;" }] },
  });
});

test('a document made to be slow is read, or refused, in time that grows with its length only', () => {
  const spent = processorMs(() => {
    for (const filler of [
      '<',
      '<a',
      '<a ',
      '<!--',
      '<![CDATA[',
      '<?x',
      '&',
      '&#',
      '</a>',
      '<a b="c"',
      'a:',
      '<a:b xmlns:a="c">',
      ' xmlns:a="c"',
      '<recording ',
      '<p id="',
      ']]>',
    ]) {
      const body = filler.repeat(Math.floor(200_000 / filler.length));
      parseMetadata(body);
      parseMetadata(`<recording>${body}</recording>`);
      parseMetadata(`<recording ${body}></recording>`);
    }
    const many = Array.from({ length: 9_000 }, (_, i) => ` xmlns:a${i}="c"`).join('');
    parseMetadata(`<recording ${many}/>`);
    parseMetadata(
      `<recording>${'<extensiondata parent="x"><a/></extensiondata>'.repeat(4_000)}</recording>`,
    );
  });
  expect(spent).toBeLessThan(6000);
});

test('no text makes the parser throw', () => {
  const piece = fc.constantFrom(
    '<recording>',
    '<recording_metadata xmlns="x">',
    '</recording>',
    '<session session_id="1">',
    '<participant participant_id="p" session="1">',
    '<nameID aor="sip:a@b">',
    '<send>',
    '<id>',
    '<extensiondata parent="1">',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?',
    '?>',
    '<a:b xmlns:a="c" d>',
    '<constructor prototype="x">',
    '<toString/>',
    '<stream id="s"><label>1</label></stream>',
    '<start-time>2026</start-time>',
    '&amp;',
    '&#x41;',
    '>',
    '<',
    '"',
    '\u0000',
    '\ud800',
  );
  const text = fc.array(fc.oneof({ weight: 4, arbitrary: piece }, fc.string()), { maxLength: 50 });
  fc.assert(
    fc.property(text, (pieces) => {
      const parsed = parseMetadata(pieces.join(''));
      if (parsed.kind === 'recording') partiesOf(parsed.metadata);
    }),
    { numRuns: 1000 },
  );
});
