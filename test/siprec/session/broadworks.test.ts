import fc from 'fast-check';
import {
  type AccountIdentity,
  broadworks,
  extensionsOf,
  extensionValues,
  parseMetadata,
  partiesOf,
  type RecordingMetadata,
  type RecordingRequest,
} from '../../../src/siprec';
import { parseNameAddr, parseSipUri } from '../../../src/ua';
import type { FakeDialog } from './fake-recorder';
import {
  ALICE,
  BOB,
  CAROL,
  documentIn,
  linesIn,
  metadataIn,
  sdp,
  sdpIn,
  turn,
  World,
} from './world';

const ACCOUNT = {
  serviceProvider: 'ORG0001',
  externalGroup: 'ORG0001LOC01',
  externalIdentifier: 'ab12cd34ef@0001.pbx.example.com',
};

async function recorded(
  request: Partial<RecordingRequest> = {},
  account: AccountIdentity = ACCOUNT,
) {
  const world = new World();
  const { recording, dialog } = await world.recording(request, undefined, undefined, {
    account,
    dialect: broadworks,
  });
  return { world, recording, dialog, invite: world.agent.last };
}

function dataOf(metadata: RecordingMetadata): Record<string, string> {
  return Object.fromEntries(extensionValues(extensionsOf(metadata)));
}

const heard = (metadata: RecordingMetadata) =>
  partiesOf(metadata).map(
    ({ aors, name, sends, receives }) =>
      `${aors}${name ? ` (${name})` : ''} sends ${sends.join() || '-'} hears ${receives.join() || '-'}`,
  );

async function accept(dialog: FakeDialog) {
  dialog.last.answer(200, sdp());
  await turn();
}

describe('a recorder spoken to as BroadWorks does', () => {
  test('gets the metadata before the description, with what RFC 7866 demands beside what BroadWorks sends', async () => {
    const { invite } = await recorded();
    expect(invite.options.headers).toMatchObject({
      Contact: '<sip:twintrack@localhost;transport=tcp>;+sip.src;src',
      Require: 'siprec',
      From: '"Alice" <sip:alice@localhost>',
      'X-BroadWorks-Correlation-Info': '62000000-0000-4000-8000-000000000005',
    });
    const body = invite.options.body!;
    expect(body.indexOf('recording_metadata')).toBeLessThan(body.indexOf('v=0'));
    expect(sdpIn(invite)).toContain('a=label:2');
  });

  test('is understood by our own: parties, names, what they send and hear, account, group, direction', async () => {
    const { invite } = await recorded();
    const metadata = metadataIn(invite);
    expect(metadata.mode).toBe('complete');
    expect(heard(metadata)).toEqual([
      'sip:ab12cd34ef@0001.pbx.example.com (Alice) sends 1 hears 2',
      'sip:+15550100@trunk.example.net sends 2 hears 1',
    ]);
    expect(metadata.sessions).toEqual([
      expect.objectContaining({
        id: 'urn:uuid:5e551000-0000-4000-8000-000000000006',
        groupId: 'urn:uuid:62000000-0000-4000-8000-000000000005',
        startTime: new Date('2026-01-15T14:03:07Z'),
      }),
    ]);
    expect(dataOf(metadata)).toMatchObject({
      'broadWorksRecordingMetadata.extTrackingID': '62000000-0000-4000-8000-000000000005',
      'broadWorksRecordingMetadata.serviceProviderID': 'ORG0001',
      'broadWorksRecordingMetadata.groupID': 'ORG0001LOC01',
      'broadWorksRecordingMetadata.userID': 'ab12cd34ef@0001.pbx.example.com',
      'broadWorksRecordingMetadata.callType.termCall.callingPartyNumber':
        'sip:+15550100@trunk.example.net',
      'broadWorksRecordingMetadata.callType.termCall.calledPartyNumber':
        'sip:alice@pbx.example.com',
      'broadWorksRecordingMetadata.recordingType': 'on',
      'call@direction': 'in',
    });
  });

  test('is told the direction, and what was dialled, of a call that the recorded user makes', async () => {
    const others = [{ participantId: BOB, aor: 'sip:7663@pbx.example.com;user=phone' }];
    const { invite } = await recorded({ direction: 'out', others });
    const data = dataOf(metadataIn(invite));
    expect(data).toMatchObject({
      'broadWorksRecordingMetadata.callType.origCall.callingPartyNumber':
        'sip:alice@pbx.example.com',
      'broadWorksRecordingMetadata.callType.origCall.calledPartyNumber':
        'sip:7663@pbx.example.com;user=phone',
      'broadWorksRecordingMetadata.callType.origCall.dialedDigits': 'sip:7663@pbx.example.com',
    });
    expect(Object.keys(data).join()).not.toContain('termCall');
  });

  test('is told by way of whom the call came, and the kind of recording in its own words', async () => {
    const world = new World();
    const redirection = { last: 'sip:8105@pbx', original: 'sip:+15550111@pbx', count: 1 };
    world.record({ redirection }, { dialect: broadworks, recordingType: 'demand' });
    const data = dataOf(metadataIn(world.agent.last));
    const info = 'broadWorksRecordingMetadata.callType.termCall.redirectInfo';
    expect(data).toMatchObject({
      [`${info}.lastRedirectNumber`]: 'sip:8105@pbx',
      [`${info}.origCalledNumber`]: 'sip:+15550111@pbx',
      [`${info}.numOfRedirections`]: '1',
      'broadWorksRecordingMetadata.recordingType': 'demand',
    });
  });

  test('knows a user without an account by the address alone', async () => {
    const { invite } = await recorded({}, {});
    const data = dataOf(metadataIn(invite));
    expect(data['broadWorksRecordingMetadata.userID']).toBe('alice@pbx.example.com');
    expect(data.initiator).toBe('sip:alice@pbx.example.com');
    expect(data).not.toHaveProperty(['broadWorksRecordingMetadata.serviceProviderID']);
    expect(data).not.toHaveProperty(['broadWorksRecordingMetadata.groupID']);
  });

  test('gets everything with each update, and of a hold who hears nobody, on lines that still send', async () => {
    const { recording, dialog } = await recorded();
    recording.update({ held: [ALICE] });
    expect(linesIn(dialog.last)[0]).toContain('sendonly');
    const held = metadataIn(dialog.last);
    expect(held.mode).toBe('complete');
    expect(held.streams.map(({ label }) => label)).toEqual(['1', '2']);
    expect(heard(held)).toEqual([
      'sip:ab12cd34ef@0001.pbx.example.com (Alice) sends 1 hears -',
      'sip:+15550100@trunk.example.net sends 2 hears 1',
    ]);
  });

  test('is told of who pauses and resumes, together with the lines', async () => {
    const { recording, dialog } = await recorded();
    await recording.pause('dtmf');
    expect(linesIn(dialog.last)[0]).toContain('inactive');
    expect(dataOf(metadataIn(dialog.last))).toMatchObject({
      'recordingAction@action': 'PAUSE',
      'recordingAction@by': 'dtmf',
    });
    await accept(dialog);
    void recording.resume('api');
    expect(linesIn(dialog.last)[0]).toContain('sendonly');
    expect(dataOf(metadataIn(dialog.last))).toMatchObject({
      'recordingAction@action': 'RESUME',
      'recordingAction@by': 'api',
    });
  });

  test('is told who takes part now, and not who left before', async () => {
    const { recording, dialog } = await recorded();
    recording.update({
      participants: [{ participantId: CAROL, aor: 'sip:carol@x', displayName: 'Carol' }],
    });
    expect(heard(metadataIn(dialog.last))).toEqual([
      'sip:ab12cd34ef@0001.pbx.example.com (Alice) sends 1 hears 2',
      'sip:carol@x (Carol) sends 2 hears 1',
    ]);
  });

  test('hears of the end by a re-INVITE, for everything names labels, and those need an offer', async () => {
    const { recording, dialog } = await recorded();
    const stopped = recording.stop({ text: 'ended' });
    await turn();
    expect(dialog.last.method).toBe('INVITE');
    expect(linesIn(dialog.last)[0]).toContain('inactive');
    const metadata = metadataIn(dialog.last);
    expect(metadata.sessions[0]?.stopTime).toEqual(new Date('2026-01-15T14:03:07Z'));
    expect(metadata.participants).toHaveLength(2);
    await accept(dialog);
    dialog.answerBye();
    expect(await stopped).toMatchObject({ recorded: 'fully' });
  });

  test('names of any characters break neither header nor document', () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        '"',
        '\\',
        'a\r\nX-Evil: 1',
        '<sip:x@y>',
        'Коваль',
        '',
        ';>',
        '\u0000',
        '\u0085',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (displayName, user, identifier) => {
        const world = new World();
        const recordedUser = { participantId: ALICE, aor: `sip:${user}@x`, displayName };
        world.record(
          { recorded: recordedUser },
          { account: { externalIdentifier: identifier }, dialect: broadworks },
        );
        const from = String(world.agent.last.options.headers?.From);
        expect(from).toMatch(/^[^\p{Cc}]*$/u);
        const { uri, params } = parseNameAddr(from);
        expect(params).toBe('');
        expect(parseSipUri(uri)?.host).toBe('localhost');
        const parsed = parseMetadata(documentIn(world.agent.last)!);
        expect(parsed.kind).toBe('recording');
        expect(parsed.kind === 'recording' && parsed.metadata.participants).toHaveLength(2);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['tel:+15550111', '<sip:+15550111@localhost>'],
    ['sip:+15550111;ext=1@pbx.example.com:5060;user=phone', '<sip:+15550111@localhost>'],
    ['sip:pbx.example.com', '<sip:twintrack@localhost>'],
    ['anonymous', '<sip:twintrack@localhost>'],
  ])('a user known as %s calls it from %s', async (aor, from) => {
    const { invite } = await recorded({ recorded: { participantId: ALICE, aor } });
    expect(invite.options.headers?.From).toBe(from);
  });
});
