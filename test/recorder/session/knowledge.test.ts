import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Knowledge } from '../../../src/recorder/session/knowledge';
import { conversation } from '../support/client';

const FIXTURES = join(__dirname, '../../siprec/fixtures');
const AT = new Date(Date.UTC(2026, 0, 15, 14, 3, 7));

describe('what is known of a call', () => {
  it.each(readdirSync(FIXTURES))('is read in the dialect of %s', (file) => {
    const knowledge = new Knowledge();
    const document = readFileSync(join(FIXTURES, file), 'utf8');
    expect(knowledge.learn(document, 'INVITE', AT)).toBeUndefined();
    expect(knowledge.parties.length).toBeGreaterThan(0);
    expect(knowledge.parties.some(({ aors }) => aors.length > 0)).toBe(true);
    expect(knowledge.documents).toEqual([
      { receivedAt: AT.toISOString(), method: 'INVITE', document },
    ]);
  });

  it('keeps where a party was heard, when it stops sending and when it has left', () => {
    const knowledge = new Knowledge();
    knowledge.learn(conversation(), 'INVITE', AT);
    knowledge.learn(conversation('partial').replaceAll(/<send>.*?<\/send>/g, ''), 'INVITE', AT);
    knowledge.learn(
      conversation().replaceAll(/<participant participant_id="zS.*?<\/participant>/gs, ''),
      'UPDATE',
      AT,
    );
    expect(knowledge.parties).toMatchObject([
      { name: 'Alice', sends: ['1'] },
      { name: 'Bob', sends: ['2'] },
    ]);
  });

  it('keeps documents that it cannot read, and wants a snapshot then', () => {
    const knowledge = new Knowledge();
    expect(knowledge.incomplete).toBe(true);
    knowledge.learn(conversation(), 'INVITE', AT);
    expect(knowledge.incomplete).toBe(false);
    expect(knowledge.learn('<nonsense/>', 'UPDATE', AT)).toContain('nonsense');
    expect(knowledge.incomplete).toBe(true);
    expect(knowledge.parties).toHaveLength(2);
    expect(knowledge.documents[1]).toMatchObject({
      document: '<nonsense/>',
      problem: expect.any(String),
    });
  });

  it('wants a snapshot when the first document is a partial one', () => {
    const knowledge = new Knowledge();
    knowledge.learn(conversation('partial'), 'INVITE', AT);
    expect(knowledge.incomplete).toBe(true);
    expect(knowledge.parties).toHaveLength(2);
  });

  it('holds a bounded number of documents', () => {
    const knowledge = new Knowledge();
    for (let n = 0; n < 600; n++) knowledge.learn('<recording/>', 'UPDATE', AT);
    expect(knowledge.documents).toHaveLength(500);
  });
});
