import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { broadworks } from '../../src/siprec';
import { schemaErrors } from './schema';
import { ALICE, BOB, documentIn, sdpIn, World } from './session/world';

const DOCUMENT = readFileSync(join(__dirname, '..', '..', 'docs', 'siprec.md'), 'utf8');

/** The fenced examples of one language, in order. */
function examples(language: string): string[] {
  return [...DOCUMENT.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text]) => text!,
  );
}

/** Without the line breaks that are for people. */
function plain(xml: string): string {
  return xml.replace(/>\s+</g, '><').trim();
}

describe('docs/siprec.md shows', () => {
  test('the INVITE as it is sent', () => {
    const world = new World();
    world.record();
    const { options } = world.agent.last;
    const [invite] = examples('').filter((text) => text.startsWith('INVITE'));
    const [first, ...lines] = invite!.trim().split('\n');
    expect(first).toBe(`INVITE ${options.uri} SIP/2.0`);
    const shown = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
    expect(shown).toEqual({
      ...options.headers,
      From: `${options.headers?.From};tag=4f1c`,
      To: `<${options.uri}>`,
    });
    expect(examples('sdp')[0]?.replaceAll('\n', '\r\n')).toBe(sdpIn(world.agent.last));
  });

  test('the metadata as it is sent, valid against the schema', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording();
    recording.update({ held: [ALICE] });
    const [complete, hold] = examples('xml');
    expect(plain(complete!)).toBe(plain(documentIn(world.agent.last)!));
    expect(plain(hold!)).toBe(plain(documentIn(dialog.last)!));
    expect(schemaErrors(complete!)).toBe('');
    expect(schemaErrors(hold!)).toBe('');
  });

  test('what is told beyond the RFC, valid against the schema', async () => {
    const world = new World();
    const { recording, dialog } = await world.recording({
      announcements: [
        {
          kind: 'announcement',
          announcement: 'start',
          at: new Date('2026-01-15T14:03:05Z'),
          until: new Date('2026-01-15T14:03:07Z'),
          fileName: 'start-en.wav',
          listeners: [ALICE, BOB],
          completed: true,
        },
      ],
    });
    await world.clock.advance(30_000);
    await recording.pause('dtmf');
    const [, , beyond] = examples('xml');
    expect(plain(beyond!)).toBe(plain(documentIn(dialog.last)!));
    expect(schemaErrors(beyond!)).toBe('');
  });

  test('the metadata in the BroadWorks dialect as it is sent', () => {
    const world = new World();
    const account = {
      serviceProvider: 'ORG0001',
      externalGroup: 'ORG0001LOC01',
      externalIdentifier: 'ab12cd34ef@0001.pbx.example.com',
    };
    world.record({}, { account, dialect: broadworks });
    const [, , , other, ...more] = examples('xml');
    expect(more).toEqual([]);
    expect(plain(other!)).toBe(plain(documentIn(world.agent.last)!));
  });
});
