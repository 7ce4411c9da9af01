import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  extensionsOf,
  extensionValues,
  parseMetadata,
  partiesOf,
  type RecordingMetadata,
  uuidOf,
} from '../../../src/siprec';

function fixture(name: string): RecordingMetadata {
  const text = readFileSync(join(__dirname, '..', 'fixtures', `${name}.xml`), 'utf8');
  const parsed = parseMetadata(text);
  if (parsed.kind !== 'recording') throw new Error(JSON.stringify(parsed));
  return parsed.metadata;
}

/** Address → name and the labels it is heard on: what a recorder needs above all. */
function heard(metadata: RecordingMetadata) {
  return partiesOf(metadata).map(({ aors, name, sends }) => ({ aors, name, sends }));
}

function dataOf(metadata: RecordingMetadata): Record<string, string> {
  return Object.fromEntries(extensionValues(extensionsOf(metadata)));
}

const AT = new Date('2026-01-15T14:03:07Z');

test('BroadWorks and Webex: parties, labels, start and the account identity are understood', () => {
  const metadata = fixture('broadworks');
  expect(metadata.mode).toBe('complete');
  expect(heard(metadata)).toEqual([
    { aors: ['sip:ab12cd34ef@0001.pbx.example.com'], name: undefined, sends: ['1'] },
    { aors: ['sip:+15550100@192.0.2.10;user=phone'], name: undefined, sends: ['2'] },
    { aors: ['+15550177'], name: undefined, sends: ['2'] },
  ]);
  expect(metadata.sessions).toEqual([
    expect.objectContaining({
      id: 'urn:uuid:11111111-0000-4000-8000-000000000003',
      groupId: 'urn:uuid:11111111-0000-4000-8000-000000000002',
      startTime: AT,
    }),
  ]);
  expect(extensionValues(metadata.sessions[0]?.extensions ?? [])).toEqual([
    ['broadWorksRecordingMetadata@version', '3.0'],
    ['broadWorksRecordingMetadata.extTrackingID', '4f1c2b6a-0d51-4c43-9f0e-2a6f0f7a9d10'],
    ['broadWorksRecordingMetadata.serviceProviderID', 'ORG0001'],
    ['broadWorksRecordingMetadata.groupID', 'ORG0001LOC01'],
    ['broadWorksRecordingMetadata.userID', 'ab12cd34ef@0001.pbx.example.com'],
    ['broadWorksRecordingMetadata.callID', 'callhalf-1001:0'],
    [
      'broadWorksRecordingMetadata.callType.termCall.callingPartyNumber',
      'sip:+15550100@192.0.2.10;user=phone',
    ],
    ['broadWorksRecordingMetadata.callType.termCall.calledPartyNumber', 'sip:+15550111@192.0.2.10'],
    ['broadWorksRecordingMetadata.recordingType', 'on'],
  ]);
  expect(dataOf(metadata)).toMatchObject({
    'recording.type': 'selective',
    initiator: 'sip:ab12cd34ef@0001.pbx.example.com',
    mode: 'separate',
  });
});

test('Oracle ACME Packet: streams named inside participants, extensions inside what they extend', () => {
  const metadata = fixture('acme');
  expect(heard(metadata)).toEqual([
    { aors: ['sip:2000@192.0.2.20'], name: 'Ann & Bob', sends: ['16777227'] },
    { aors: ['sip:3000@192.0.2.30'], name: undefined, sends: ['16777228'] },
  ]);
  expect(metadata.sessions[0]?.startTime).toBeInstanceOf(Date);
  expect(extensionValues(metadata.sessions[0]?.extensions ?? [])).toEqual([
    ['ucid', '00FA080018803B69810C6D;encoding=hex'],
    ['callerOrig', 'true'],
  ]);
  expect(extensionValues(metadata.participants[0]?.extensions ?? [])).toEqual([
    ['callingParty', 'true'],
    ['request-uri', 'sip:3000@192.0.2.30:5060'],
    ['realm', 'access'],
    ['header@label', 'P-Asserted-Identity'],
    ['header.value', 'sip:2000@192.0.2.20'],
  ]);
  expect(metadata.sessions[0]?.extensions?.[0]?.namespace).toBe(
    'http://acmepacket.com/siprec/extensiondata',
  );
});

test('AudioCodes: opaque ids, lower-case times, a namespace of its own', () => {
  const metadata = fixture('audiocodes');
  expect(partiesOf(metadata)).toEqual([
    {
      participantId: '1111',
      aors: ['sip:1001@sbc.example.com'],
      name: undefined,
      sends: ['1'],
      receives: ['2'],
      joinedAt: AT,
      leftAt: undefined,
    },
    expect.objectContaining({ participantId: '2222', sends: ['2'], receives: ['1'] }),
  ]);
  expect(metadata.sessions[0]).toMatchObject({
    groupId: '00000000-0000-4000-8000-0000000000a1',
    startTime: AT,
  });
  expect(extensionValues(metadata.groups[0]?.extensions ?? [])).toEqual([
    ['AvayaUCID', '0012345678901234567890'],
  ]);
});

test('Cisco CUBE: elements in any order', () => {
  const metadata = fixture('cube');
  expect(heard(metadata)).toEqual([
    { aors: ['sip:5001@198.51.100.5'], name: 'Front Desk', sends: ['1'] },
    { aors: ['sip:5002@198.51.100.6'], name: undefined, sends: ['2'] },
  ]);
  expect(metadata.sessions[0]?.sipSessionIds).toEqual([
    '0b4a5f3c00105000a000b4a95ac1f001;remote=d8c5f9e700105000a000b4a95ac1f002',
  ]);
});

test('Avaya: prefixed names, hexadecimal ids, a partial mode with a capital', () => {
  const metadata = fixture('avaya');
  expect(metadata.mode).toBe('partial');
  expect(metadata.sessions[0]?.id).toBe('7f3a90c2d4e511ee');
  expect(heard(metadata)).toEqual([
    { aors: ['ASBCE@203.0.113.7'], name: undefined, sends: ['10'] },
    { aors: ['sip:7001@aura.example.com'], name: 'Agent 7001', sends: ['20'] },
  ]);
});

test('Metaswitch: CDATA, character references, extension data whose parent is unknown', () => {
  const metadata = fixture('metaswitch');
  expect(heard(metadata)).toEqual([
    { aors: ['tel:+15550120', 'sip:+15550120@ms.example.com'], name: 'Café “Zoë”', sends: ['0'] },
  ]);
  expect(metadata.sessions[0]?.reasons).toEqual([
    { cause: 16, protocol: 'Q.850', text: 'Normal <clearing>' },
  ]);
  expect(extensionValues(metadata.extensions)).toEqual([
    ['metaswitchRecordingMetadata.callType', 'incoming'],
    ['metaswitchRecordingMetadata.recordedParty', '5550120'],
    ['metaswitchRecordingMetadata.businessGroup', 'Example Ltd'],
  ]);
});

test('Ribbon: call data in the group, and a document whose end was lost', () => {
  const metadata = fixture('ribbon');
  expect(heard(metadata)).toEqual([
    { aors: ['+15550130@rbbn.example.com'], name: undefined, sends: ['1'] },
    { aors: ['+15550131@rbbn.example.com'], name: undefined, sends: ['2'] },
  ]);
  expect(extensionValues(metadata.groups[0]?.extensions ?? [])).toEqual([
    ['callData.fromhdr', '<sip:+15550130@rbbn.example.com>;tag=gK1'],
    ['callData.tohdr', '<sip:+15550131@rbbn.example.com>'],
    ['callData.callid', '1677_99@rbbn.example.com'],
  ]);
});

test('the UUID behind an id is found in every form it is written in', () => {
  const uuid = '11111111-0000-4000-8000-00000000abcd';
  expect(uuidOf('EREREQAAQACAAAAAAACrzQ==')).toBe(uuid);
  expect(uuidOf(`urn:uuid:${uuid}`)).toBe(uuid);
  expect(uuidOf(uuid.toUpperCase())).toBe(uuid);
  expect(uuidOf(uuid.replaceAll('-', ''))).toBe(uuid);
  expect(uuidOf('1111')).toBeUndefined();
  expect(uuidOf('')).toBeUndefined();
});
