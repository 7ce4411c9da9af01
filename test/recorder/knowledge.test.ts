import { Knowledge } from '../../src/recorder/session/knowledge';

const NS = 'xmlns="urn:ietf:params:xml:ns:recording:1"';
const ALICE = 'srfBElmCRp2QB23b7Mpk0w==';
const STREAM = 'UAAMm5GRQKSCMVvLyl4rFw==';

const SNAPSHOT = `<recording ${NS}><datamode>complete</datamode>
  <participant participant_id="${ALICE}"><nameID aor="sip:alice@example.com"><name>Alice</name></nameID></participant>
  <stream stream_id="${STREAM}"><label>1</label></stream>
  <participantstreamassoc participant_id="${ALICE}"><send>${STREAM}</send></participantstreamassoc>
</recording>`;

/** The last word of a client: nobody sends or receives any more. */
const LAST_UPDATE = `<recording ${NS}><datamode>partial</datamode>
  <participantstreamassoc participant_id="${ALICE}"><disassociate-time>2026-01-15T14:09:41Z</disassociate-time></participantstreamassoc>
</recording>`;

describe('what a recorder knows of a call', () => {
  it('is who spoke on which m-line, also after the last update has ended the streams', () => {
    const knowledge = new Knowledge();
    expect(knowledge.learn(SNAPSHOT, 'INVITE', new Date())).toBeUndefined();
    expect(knowledge.learn(LAST_UPDATE, 'UPDATE', new Date())).toBeUndefined();
    expect(knowledge.parties).toMatchObject([{ name: 'Alice', sends: ['1'] }]);
  });
});
