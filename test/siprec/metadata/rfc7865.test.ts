import fc from 'fast-check';
import {
  type CallFacts,
  extensionValues,
  mergeMetadata,
  parseMetadata,
  type RecordingMetadata,
  rfc7865,
  uuidOf,
  type XmlElement,
} from '../../../src/siprec';
import { schemaErrors } from '../schema';

const AT = new Date('2026-01-15T14:03:07.250Z');
const id = (n: number) => `11111111-0000-4000-8000-${n.toString().padStart(12, '0')}`;

const FACTS: CallFacts = {
  recordingId: id(90),
  correlationId: id(1),
  extensionId: id(91),
  callId: 'a1b2@pbx',
  direction: 'in',
  recorded: { participantId: id(3), aor: 'sip:alice@example.com' },
  recordingType: 'on',
};

/** The session's own extensions come after what is said of the call. */
const CALL: XmlElement = {
  name: 'call',
  namespace: 'urn:twintrack:recording:1',
  attributes: [
    ['id', 'a1b2@pbx'],
    ['direction', 'in'],
  ],
  children: [],
  text: '',
};

function written(metadata: RecordingMetadata, facts: Partial<CallFacts> = {}): string {
  return rfc7865.write(metadata, { ...FACTS, ...facts });
}

const NOTICE: XmlElement = {
  name: 'notices',
  namespace: 'urn:example:notice:1',
  attributes: [['version', '1']],
  children: [
    {
      name: 'announcement',
      namespace: 'urn:example:notice:1',
      attributes: [['kind', 'start']],
      children: [],
      text: 'played <to> both & all',
    },
  ],
  text: '',
};

const FULL: RecordingMetadata = {
  mode: 'complete',
  groups: [{ id: id(1), associateTime: AT, disassociateTime: AT, extensions: [NOTICE] }],
  sessions: [
    {
      id: id(2),
      sipSessionIds: ['ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2'],
      reasons: [
        { cause: 200, text: 'ended by the caller' },
        { cause: 16, protocol: 'Q.850', text: '' },
      ],
      groupId: id(1),
      startTime: AT,
      stopTime: AT,
      extensions: [NOTICE],
    },
  ],
  participants: [
    {
      id: id(3),
      nameIds: [
        { aor: 'sip:alice@example.com:5060;user=phone', name: 'Alice "A" <&>' },
        { aor: 'tel:+15550100' },
      ],
      extensions: [NOTICE],
    },
  ],
  streams: [{ id: id(4), sessionId: id(2), label: '1', extensions: [NOTICE] }],
  sessionRecordings: [{ sessionId: id(2), associateTime: AT, disassociateTime: AT }],
  participantSessions: [{ participantId: id(3), sessionId: id(2), associateTime: AT }],
  participantStreams: [
    { participantId: id(3), sends: [id(4)], receives: [id(4)], associateTime: AT },
  ],
  extensions: [NOTICE],
};

function read(document: string): RecordingMetadata {
  const parsed = parseMetadata(document);
  if (parsed.kind !== 'recording') throw new Error(JSON.stringify(parsed));
  return parsed.metadata;
}

/** The same with every id as the UUID it stands for. */
function withUuids(metadata: RecordingMetadata): RecordingMetadata {
  return JSON.parse(JSON.stringify(metadata), (_key, value: unknown) =>
    typeof value === 'string' ? (/==$/.test(value) ? uuidOf(value) : value) : value,
  ) as RecordingMetadata;
}

test('a document with everything in it is valid against the schema', () => {
  expect(schemaErrors(written(FULL))).toBe('');
  expect(schemaErrors(written({ ...FULL, mode: 'partial' }))).toBe('');
});

test('an empty document is valid against the schema', () => {
  const nothing = {
    mode: 'partial',
    groups: [],
    sessions: [],
    participants: [],
    streams: [],
    sessionRecordings: [],
    participantSessions: [],
    participantStreams: [],
    extensions: [],
  } as const;
  expect(written(nothing)).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>' +
      '<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>partial</datamode></recording>',
  );
  expect(schemaErrors(written(nothing))).toBe('');
});

test('the schema check finds what is wrong', () => {
  const document = written(FULL);
  expect(schemaErrors(document.replace('group_id', 'id'))).toMatch(/group_id/);
  expect(schemaErrors(document.replace('<datamode>complete', '<datamode>whole'))).toMatch(/whole/);
  expect(schemaErrors(document.replaceAll('start-time', 'begin-time'))).toMatch(/begin-time/);
});

test('what is written is read again as the same', () => {
  const [session] = FULL.sessions;
  const told = { ...FULL, sessions: [{ ...session, extensions: [CALL, NOTICE] }] };
  expect(withUuids(read(written(FULL)))).toEqual(JSON.parse(JSON.stringify(told)));
});

test('the account, what parties were told and who paused are told last in the session, and stay valid', () => {
  const [session] = FULL.sessions;
  const { extensions: _, ...bare } = session!;
  const document = written(
    {
      ...FULL,
      sessions: [
        {
          ...bare,
          notices: [
            {
              kind: 'announcement',
              announcement: 'start',
              at: AT,
              until: new Date(AT.getTime() + 2000),
              fileName: 'start "uk".wav',
              sha256: 'e3b0c442',
              listeners: [id(3), id(5)],
              completed: true,
            },
            { kind: 'action', action: 'pause', at: AT, by: 'dtmf' },
          ],
        },
      ],
    },
    {
      account: {
        serviceProvider: 'ORG0001',
        externalIdentifier: 'ab12cd34ef@0001.pbx.example.com',
      },
      calling: 'sip:+15550100@x',
      called: 'sip:alice@x',
      redirection: { last: 'sip:1@x', original: 'tel:+2', count: 2 },
    },
  );
  expect(schemaErrors(document)).toBe('');
  expect(extensionValues(read(document).sessions[0]?.extensions ?? [])).toEqual([
    ['call@id', 'a1b2@pbx'],
    ['call@direction', 'in'],
    ['call', ''],
    ['broadWorksRecordingMetadata@version', '3.0'],
    ['broadWorksRecordingMetadata.extTrackingID', id(1)],
    ['broadWorksRecordingMetadata.serviceProviderID', 'ORG0001'],
    ['broadWorksRecordingMetadata.userID', 'ab12cd34ef@0001.pbx.example.com'],
    ['broadWorksRecordingMetadata.callID', 'a1b2@pbx'],
    ['broadWorksRecordingMetadata.callType.termCall.callingPartyNumber', 'sip:+15550100@x'],
    ['broadWorksRecordingMetadata.callType.termCall.calledPartyNumber', 'sip:alice@x'],
    ['broadWorksRecordingMetadata.callType.termCall.redirectInfo.lastRedirectNumber', 'sip:1@x'],
    ['broadWorksRecordingMetadata.callType.termCall.redirectInfo.origCalledNumber', 'tel:+2'],
    ['broadWorksRecordingMetadata.callType.termCall.redirectInfo.numOfRedirections', '2'],
    ['broadWorksRecordingMetadata.recordingType', 'on'],
    ['announcement@type', 'START'],
    ['announcement@timestamp', '2026-01-15T14:03:07.250Z'],
    ['announcement@endTimestamp', '2026-01-15T14:03:09.250Z'],
    ['announcement@fileName', 'start "uk".wav'],
    ['announcement@sha256', 'e3b0c442'],
    ['announcement@participants', 'EREREQAAQACAAAAAAAAAAw== EREREQAAQACAAAAAAAAABQ=='],
    ['announcement@completed', 'true'],
    ['announcement', ''],
    ['recordingAction@action', 'PAUSE'],
    ['recordingAction@timestamp', '2026-01-15T14:03:07.250Z'],
    ['recordingAction@by', 'dtmf'],
    ['recordingAction', ''],
  ]);
});

test('an id is the base64 of its UUID and never anything else', () => {
  expect(written(FULL)).toContain('session_id="EREREQAAQACAAAAAAAAAAg=="');
  expect(() => written({ ...FULL, groups: [{ id: 'mine' }] })).toThrow(/not a UUID: mine/);
});

test('names and addresses of any characters make a valid document that keeps what XML can hold', () => {
  const hostile = [
    'sip:bob@example.com',
    '',
    '   ',
    'sip:#31#0123@pbx.example.com',
    'sip:%zz 100%@x',
    'tel:+1 (555) 0100',
    'sip:ünï@例え.jp',
    '<sip:a"b\\c^`{|}@x>',
    'sip:a\u0000\u0001\ud800@x',
    ']]>',
    'anonymous',
    '::',
    ':',
    '//',
    'sip:[::1',
    '1:2',
    '%',
  ];
  const text = fc.oneof(
    fc.constantFrom(...hostile),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  );
  const documents: string[] = [];
  fc.assert(
    fc.property(text, text, (aor, name) => {
      const document = written({
        ...FULL,
        participants: [{ id: id(3), nameIds: [{ aor, name }] }],
        sessions: [{ id: id(2), sipSessionIds: [name], reasons: [{ cause: 1, text: name }] }],
      });
      const again = read(document);
      expect(again.participants[0]?.nameIds[0]?.aor).not.toBe('');
      const clean = name.replace(/[\u0000-\u001f]/g, '').trim();
      if (/^[\u0020-\u007e]*$/.test(clean)) {
        expect(again.participants[0]?.nameIds[0]?.name?.replace(/[\t\r\n]/g, '') ?? '').toBe(clean);
      }
      documents.push(document);
    }),
    { numRuns: 300, examples: hostile.map((aor) => [aor, aor]) },
  );
  // One run of xmllint for all: the documents as extensions of one.
  const body = documents.map((document) => document.replace(/^<\?xml[^>]*\?>/, '')).join('');
  expect(
    schemaErrors(
      `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><x:all xmlns:x="urn:x">${body}</x:all></recording>`,
    ),
  ).toBe('');
});

test('what an xs:anyURI cannot hold is percent-encoded in addresses', () => {
  const aorOf = (aor: string) =>
    /aor="([^"]*)"/.exec(
      written({ ...FULL, participants: [{ id: id(3), nameIds: [{ aor }] }] }),
    )?.[1];
  expect(aorOf('sip:alice@[2001:db8::1]:5060')).toBe('sip:alice@%5B2001:db8::1%5D:5060');
  expect(aorOf('sip:#31#0123@x')).toBe('sip:%2331%230123@x');
  expect(aorOf('sip:50%@x')).toBe('sip:50%25@x');
  expect(aorOf('sip:a%20b@x')).toBe('sip:a%20b@x');
  expect(aorOf("sip:o'neil@x;a=b?c=d")).toBe("sip:o'neil@x;a=b?c=d");
  expect(aorOf('')).toBe('sip:anonymous@anonymous.invalid');
});

describe('an update', () => {
  const known = read(written(FULL));

  test('that is complete replaces what was known', () => {
    const complete = { ...FULL, participants: [] };
    expect(mergeMetadata(known, complete)).toBe(complete);
    expect(mergeMetadata(undefined, { ...complete, mode: 'partial' }).mode).toBe('partial');
  });

  test('that is partial keeps what it does not name, and takes away directions it leaves out', () => {
    const session = known.sessions[0]!;
    const [party] = known.participants;
    const merged = mergeMetadata(known, {
      mode: 'partial',
      groups: [],
      sessions: [{ id: session.id, sipSessionIds: [], reasons: [], stopTime: new Date(0) }],
      participants: [{ id: 'new', nameIds: [{ aor: 'sip:c@x' }] }],
      streams: [],
      sessionRecordings: [],
      participantSessions: [
        { participantId: party!.id, sessionId: session.id, disassociateTime: AT },
      ],
      participantStreams: [{ participantId: party!.id, sends: [], receives: [] }],
      extensions: [],
    });
    expect(merged.mode).toBe('complete');
    expect(merged.sessions).toEqual([{ ...session, stopTime: new Date(0) }]);
    expect(merged.participants.map((one) => one.id)).toEqual([party!.id, 'new']);
    expect(merged.participantSessions).toEqual([
      {
        participantId: party!.id,
        sessionId: session.id,
        associateTime: AT,
        disassociateTime: AT,
      },
    ]);
    expect(merged.participantStreams).toEqual([
      { participantId: party!.id, sends: [], receives: [], associateTime: AT },
    ]);
  });
});
