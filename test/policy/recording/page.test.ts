import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modeTables } from '../../../src/policy/recording/mode-tables';
import { RECORDING_MODES } from '../../../src/policy/recording/modes';

const REMEDY = 'npm run modes:write';

describe('docs/recording-modes.md', () => {
  const page = readFileSync(join(__dirname, '../../../docs/recording-modes.md'), 'utf8');

  it(`has the tables of the machine (${REMEDY})`, () => {
    const [, tables] = /<!-- modes -->\n\n([\s\S]*)\n\n<!-- end of modes -->/.exec(page) ?? [];
    expect(tables).toBe(modeTables());
  });

  it('tells of every mode in words', () => {
    const words = page.slice(0, page.indexOf('<!-- modes -->'));
    for (const mode of RECORDING_MODES) expect(words).toContain(`\`${mode}\``);
  });
});
