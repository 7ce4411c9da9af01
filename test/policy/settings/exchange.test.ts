import {
  exportUsers,
  importUsers,
  type SettingsStore,
  type UsersFormat,
} from '../../../src/policy';
import { change, location, Office, SMALL, user } from './support';

let office: Office;
let store: SettingsStore;
beforeEach(async () => {
  office = new Office();
  store = await office.open();
});
afterEach(() => office.tearDown());

const imported = (text: string, format: UsersFormat = 'csv') =>
  importUsers(store, { by: 'hr', at: new Date() }, text, format);
const users = () => store.current().list('user');

describe.each(['csv', 'yaml'] as const)('an import of a thousand users as %s', (format) => {
  const numbers = Array.from({ length: 1000 }, (_, at) => `+1555${String(at).padStart(6, '0')}`);
  const file =
    format === 'csv'
      ? ['id,location,numbers', ...numbers.map((one, at) => `u${at},Kyiv,${one}`)].join('\n')
      : numbers
          .map((one, at) => `- id: u${at}\n  location: Kyiv\n  numbers: ["${one}"]\n`)
          .join('');
  /** On which a user of the file begins. */
  const lineOf = (at: number) => (format === 'csv' ? at + 2 : 3 * at + 1);

  it('makes them all, in one change, each in the log', async () => {
    await change(store, [location('Kyiv', { mode: 'always' })]);
    expect(await imported(file, format)).toEqual({ users: 1000, problems: [] });
    expect(users()).toHaveLength(1000);
    const log = await store.audit({ kind: 'user', limit: 2000 });
    expect(log).toHaveLength(1000);
    expect(new Set(log.map(({ by, at }) => `${by} ${at.toISOString()}`)).size).toBe(1);
  });

  it('makes none when one row is wrong, and names every such row with its line', async () => {
    await change(store, [location('Kyiv', {})]);
    const broken = file
      .replace(/(u1\b[^K]*)Kyiv/, '$1Kiev')
      .replace('+1555000500', 'x-')
      .replace(/\bu999\b/, format === 'csv' ? '' : '""');
    expect(await imported(broken, format)).toEqual({
      users: 0,
      problems: [
        {
          line: lineOf(1),
          message: 'user u1: location: there is no location "Kiev"; the nearest is Kyiv',
        },
        {
          line: lineOf(500),
          message: expect.stringContaining('user u500: numbers: wants at most 16, each'),
        },
        { line: lineOf(999), message: 'wants an id' },
      ],
    });
    expect(users()).toEqual([]);
    expect(await store.audit({ kind: 'user', limit: 1 })).toEqual([]);
  });
});

describe('a CSV file', () => {
  it.each([
    ['', 1, 'is empty: the first line wants names of columns: id, name, location'],
    ['id,mod\nx,y', 1, 'no such column "mod"; the nearest is mode'],
    ['name\nx', 1, 'wants a column id'],
    ['id,name,name\nx,y,z', 1, 'column name stands twice'],
    ['id,numbers\nbob,1,2', 2, 'has 3 cells, and the first line has 2'],
    ['id,name\n"bob,x\n', 2, 'a cell begins with " and does not end'],
    ['id,name\n"bob"y,x\n', 2, 'something follows the closing "'],
    ['id,numbers\nbob,1\n\nbob,2', 4, 'user bob stands on line 2 already: keep one of them'],
    [
      'id,name,numbers\nbob,"Bob\nB",1\ncarol,,x',
      2,
      'user bob: name: wants text of 1 to 128 characters on one line',
    ],
    ['id,name,numbers\nbob,"B ""B""",1\ncarol,,x', 3, 'user carol: numbers'],
    [
      'id,numbers,reminderIntervalSeconds\nbob,1,5',
      2,
      'user bob: reminderIntervalSeconds: wants a whole number from 10 to 90, got 5',
    ],
  ])('with something wrong is told of: %j', async (text, line, message) => {
    const { problems } = await imported(text);
    expect(problems[0]).toEqual({ line, message: expect.stringContaining(message) });
    expect(users()).toEqual([]);
  });

  it('may come from a spreadsheet: with a mark, CRLF, ; and quotes', async () => {
    expect(
      (await imported('\uFEFFid;name;numbers\r\nbob;"Bob; ""B""";"1;2"\r\n')).problems,
    ).toEqual([]);
    expect(users()[0]?.values).toEqual({ name: 'Bob; "B"', numbers: ['1', '2'] });
  });

  it('changes what its columns name, unsets what is blank, and leaves the rest', async () => {
    await change(store, [
      user('bob', { numbers: ['1'], name: 'Bob', mode: 'always' }),
      user('eve', { numbers: ['2'] }),
    ]);
    expect((await imported('id,name,reminderTone\nbob,,yes')).users).toBe(1);
    expect(users()).toMatchObject([
      { key: 'bob', values: { numbers: ['1'], mode: 'always', reminderTone: true } },
      { key: 'eve' },
    ]);
    expect(users()[0]?.values.name).toBeUndefined();
  });
});

describe('a YAML file', () => {
  it.each([
    ['a: [', 1, 'not valid YAML'],
    ['id: bob', 1, 'wants a list of users, each a map with an id'],
    ['- id: bob\n  numbers: ["1"]\n- eve', 3, 'wants a map with an id'],
    ['- id: 1001', 1, 'id wants quotes: "1001"'],
    ['- &a {id: bob, numbers: ["1"]}\n- *a', 2, 'wants a map with an id'],
    ['- id: bob\n  numbers: [1]', 1, 'user bob: numbers: wants at most 16'],
    ['- id: bob\n  nmbers: ["1"]', 1, 'user bob: nmbers: no such field; the nearest is numbers'],
  ])('with something wrong is told of: %j', async (text, line, message) => {
    const { problems } = await imported(text, 'yaml');
    expect(problems[0]).toEqual({ line, message: expect.stringContaining(message) });
  });
});

describe('an export', () => {
  it.each(['csv', 'yaml'] as const)('as %s comes back as it was', async (format) => {
    const odd = {
      numbers: ['+15550101', '1001'],
      name: ' O"Neil, "the" =1+1',
      mode: 'on-demand',
      reminderTone: false,
    };
    await change(store, [...SMALL, user('bob', odd)]);
    const before = users();
    const text = exportUsers(store.current(), format);
    await change(
      store,
      before.map(({ key }) => ({ do: 'remove', kind: 'user', key })),
    );
    expect((await imported(text, format)).problems).toEqual([]);
    expect(users()).toEqual(before);
  });
});
