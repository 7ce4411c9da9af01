import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELDS, importUsers, KINDS, type UsersFormat } from '../../../src/policy';
import { change, location, Office } from './support';

const page = readFileSync(join(__dirname, '../../../docs/settings.md'), 'utf8');

describe('the page for administrators', () => {
  it('tells every field', () => {
    const told = KINDS.flatMap((kind) => Object.keys(FIELDS[kind])).filter(
      (field) => !page.includes(`\`${field}\``),
    );
    expect(told).toEqual([]);
  });

  it.each(['csv', 'yaml'] as const)(
    'shows a %s file that can be imported',
    async (format: UsersFormat) => {
      const [, text = ''] =
        [...page.matchAll(/```(csv|yaml)\n([\s\S]*?)```/g)]
          .filter(([, language, body]) => language === format && body?.includes('alice'))
          .map(([, language, body]) => [language, body])[0] ?? [];
      const office = new Office();
      const store = await office.open();
      await change(store, [location('Kyiv', {})]);
      const { users, problems } = await importUsers(
        store,
        { by: 'x', at: new Date() },
        text,
        format,
      );
      expect(problems).toEqual([]);
      expect(users).toBeGreaterThan(0);
      await office.tearDown();
    },
  );
});
