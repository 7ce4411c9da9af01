import { merged, type Table, written } from './page';

const table = (rows: string[][]): Table => ({
  name: 'animals',
  keys: 1,
  head: ['name', 'legs', 'wings'],
  rows,
  compare: ([one = ''], [other = '']) => one.localeCompare(other),
  complete: (all) => all,
});

const PAGE = `# Animals

<!-- animals -->

| name | legs | wings |
| --- | --- | --- |
| bee | 6 | 2 |
| cow | 4 | |
<!-- /animals -->

<!-- others -->
| name | legs |
| --- | --- |
| bee | 7 |
<!-- /others -->
`;

describe('a table in a page', () => {
  it('gets new rows in their order, and keeps those of which nothing is said', () => {
    const page = merged(PAGE, table([['ant', '6', '0']]));
    expect(page).toContain('| ant | 6 | 0 |\n| bee | 6 | 2 |\n| cow | 4 |  |\n<!-- /animals -->');
    expect(page).toContain('| bee | 7 |');
  });

  it('replaces what a row says anew, and no other cell of it', () => {
    expect(merged(PAGE, table([['bee', '', '4']]))).toContain('| bee | 6 | 4 |');
  });

  it('is the same when it is written twice', () => {
    const once = merged(PAGE, table([['ant', '6', '0']]));
    expect(merged(once, table([['ant', '6', '0']]))).toBe(once);
  });

  it('begins anew when its columns have changed', () => {
    const page = merged(PAGE, { ...table([['ant', '6']]), head: ['name', 'legs'] });
    expect(page).toContain('| name | legs |\n| --- | --- |\n| ant | 6 |\n<!-- /animals -->');
  });

  it('can fill in what follows from all rows', () => {
    const counted: Table = {
      ...table([['ant', '6', '']]),
      complete: (rows) => rows.map(([name, legs]) => [name!, legs!, String(rows.length)]),
    };
    expect(merged(PAGE, counted)).toContain('| ant | 6 | 3 |\n| bee | 6 | 3 |');
    expect(written(counted)).toContain('| ant | 6 | 1 |');
  });

  it('is not lost where there is no place for it', () => {
    expect(() => merged('# Nothing', table([]))).toThrow('animals');
  });
});
