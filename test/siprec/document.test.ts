import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaErrors } from './schema';
import { ALICE, documentIn, sdpIn, World } from './session/world';

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
    const [complete, hold, ...more] = examples('xml');
    expect(more).toEqual([]);
    expect(plain(complete!)).toBe(plain(documentIn(world.agent.last)!));
    expect(plain(hold!)).toBe(plain(documentIn(dialog.last)!));
    expect(schemaErrors(complete!)).toBe('');
    expect(schemaErrors(hold!)).toBe('');
  });
});
