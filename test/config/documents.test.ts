import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  defaultConfig,
  jsonSchema,
  referenceTables,
  showProblem,
  templateFile,
} from '../../src/config';
import { keyTree } from '../../src/config/key-tree';
import { configOf, load, scratch } from './support';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const REMEDY = 'npm run config:write';

const files = scratch();
afterAll(files.remove);

describe('the shipped file', () => {
  it('holds the defaults, every one', () => {
    expect(configOf(load({ file: join(root, 'config/twintrack.yaml') }))).toEqual(defaultConfig());
    const keys = (value: object) => Object.keys(value).sort();
    const shipped = parse(read('config/twintrack.yaml'));
    expect(keys(shipped)).toEqual([...keyTree().keys.keys()].sort());
    for (const [name, section] of keyTree().keys) {
      const open = [...section.keys].filter(([, key]) => !key.secret).map(([key]) => key);
      if (shipped[name] !== null && open.length > 0)
        expect(keys(shipped[name])).toEqual(open.sort());
    }
  });

  it(`is what the schema makes (${REMEDY})`, () => {
    expect(read('config/twintrack.yaml')).toBe(templateFile());
  });

  it('has its commented-out parts right as well', () => {
    // A key, then the same key again as a map or a list in comments: the comment takes its place.
    const forms = /^( *)(\w+): .*\n((?:\1# \2:\n)(?:\1# .*\n)*?\1# .*\n)(?=\1# (?! )|\n|$)/gm;
    const uncommented = templateFile()
      .replace(forms, (_, indent: string, __, form: string) =>
        form.replaceAll(new RegExp(`^${indent}# `, 'gm'), indent),
      )
      .replace('number: null', 'number: "1001"')
      .replace('address: …', 'address: 127.0.0.1:2223')
      .replace('host: …', 'host: drachtio')
      .replace('countryCode: …', 'countryCode: "1"');
    const config = configOf(load({ file: files.write('uncommented.yaml', uncommented) }));
    expect(config.users).toHaveLength(1);
    expect(config.sip.engine.kind).toBe('drachtio');
    expect(config.dialPlan?.shortestNationalDigits).toBe(8);
  });
});

describe('the examples', () => {
  const names = readdirSync(join(root, 'config/examples'));

  it('are there', () => {
    expect(names.sort()).toEqual([
      'external-recorder.yaml',
      'freeswitch-announcements.yaml',
      'pbx-and-trunk.yaml',
      'rtpengine.yaml',
    ]);
  });

  it.each(names)('%s is valid', (name) => {
    const env = {
      TWINTRACK_HTTP__TOKEN: 'a-token-of-some-length',
      TWINTRACK_ANNOUNCEMENTS__FREESWITCH__SECRET: 'ClueCon',
    };
    const config = configOf(load({ file: join(root, 'config/examples', name), env }));
    expect(config.users.some(({ mode }) => mode === 'always')).toBe(true);
  });
});

describe('the JSON schema for editors', () => {
  it(`is what the schema makes (${REMEDY})`, () => {
    expect(JSON.parse(read('config/twintrack.schema.json'))).toEqual(jsonSchema());
  });

  it('offers no secret', () => {
    const text = JSON.stringify(jsonSchema());
    expect(text).toContain('"tokenFile"');
    expect(text).not.toContain('"token"');
    expect(text).not.toContain('"secret"');
  });
});

describe('the reference', () => {
  it(`tells every key as the schema describes it (${REMEDY})`, () => {
    expect(read('docs/configuration.md')).toContain(`\n${referenceTables()}\n`);
  });

  it('has a line of reason for every key', () => {
    const visit = (key: ReturnType<typeof keyTree>, path: string): void => {
      for (const [name, inner] of key.keys) {
        if (!/^[A-Z].*\.$/s.test(inner.why)) throw new Error(`${path}${name} has no reason`);
        visit(inner, `${path}${name}.`);
        if (inner.item) visit(inner.item, `${path}${name}[].`);
      }
    };
    visit(keyTree(), '');
  });

  it('shows problems as they really read', () => {
    const page = read('docs/configuration.md');
    const shown = /```\n(twintrack\.yaml:2:3[^`]*)```/.exec(page)?.[1]?.trim().split('\n') ?? [];
    const yaml = `sip:
  lisen: []
  maxCalls: many
peers:
  - name: pbx
    addresses: [10.0.0.1]
    target: sip:10.0.0.1
  - name: trunk
    addresses: [10.0.0.2]
    target: sip:10.0.0.2
routes:
  - to: '1.*'
    targets:               [pbz]
`;
    const file = files.write('twintrack.yaml', yaml);
    const loaded = load({ file, env: { TWINTRACK_MEDIA__WORKERS: 'q' } });
    const told = loaded.ok
      ? []
      : loaded.problems.map((one) => showProblem(one).replace(`${files.directory}/`, ''));
    expect(told).toEqual(shown);
  });
});

describe('configuration shown in the documentation', () => {
  const blocks = ['README.md', 'docs/configuration.md'].flatMap((page) =>
    [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml], at) => ({
      page: `${page} (${at + 1})`,
      yaml: yaml!,
    })),
  );

  it('is there', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(2);
  });

  it.each(blocks)('is valid: $page', ({ yaml }) => {
    // A fragment that shows routes alone names a peer that the reader has.
    const peers = 'peers: [{ name: trunk, addresses: [192.0.2.1], target: "sip:192.0.2.1" }]\n';
    const whole = /^peers:/m.test(yaml) ? yaml : peers + yaml;
    configOf(load({ file: files.write('shown.yaml', whole) }));
  });
});
