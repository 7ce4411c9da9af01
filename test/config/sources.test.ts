import { format, inspect } from 'node:util';
import { explain, FLAGS, type Flags, loadConfig, showProblem } from '../../src/config';
import { configOf, load, problemsOf, scratch } from './support';

const files = scratch();
afterAll(files.remove);

describe('the environment', () => {
  const take = (env: Record<string, string>) => configOf(load({ env }));

  it('names a key by its path in capitals, two underscores between levels', () => {
    const config = take({
      TWINTRACK_SIP__MAX_CALLS: '50',
      TWINTRACK_SIP__LISTEN: 'udp/127.0.0.1:5080, tcp/[::1]:5080',
      TWINTRACK_SIP__USER_AGENT: '007',
      TWINTRACK_MEDIA__RTP_TIMEOUT_SECONDS: 'null',
      TWINTRACK_MEDIA__ADDRESS6: '::1',
      TWINTRACK_RECORDER__EMBEDDED__DIRECTORY: '/var/recordings',
      TWINTRACK_SIP__ENGINE__HOST: 'drachtio',
      TWINTRACK_USERS: '[{number: "1001", mode: always}, {aor: bob@example.com}]',
    });
    expect(config.sip.maxCalls).toBe(50);
    expect(config.sip.listen.map(({ port }) => port)).toEqual([5080, 5080]);
    expect(config.sip.userAgent).toBe('007');
    expect(config.media.rtpTimeoutSeconds).toBeNull();
    expect(config.media.address6).toBe('::1');
    expect(config.recorder.embedded.directory).toBe('/var/recordings');
    expect(config.sip.engine).toMatchObject({ kind: 'drachtio', host: 'drachtio', port: 9022 });
    expect(config.users.map(({ mode }) => mode)).toEqual(['always', 'never']);
  });

  it('leaves what is empty, and what others put there', () => {
    const config = take({
      TWINTRACK_SIP__MAX_CALLS: '',
      TWINTRACK_CONFIG: '/etc/twintrack.yaml',
      TWINTRACK_ENGINE_SECRET: 'x',
      TWINTRACK_PORT: 'tcp://10.0.0.1:5060',
      TWINTRACK_PORT_5060_UDP_ADDR: '10.0.0.1',
      TWINTRACK_SERVICE_HOST: '10.0.0.1',
      TWINTRACK_SERVICE_PORT_SIP: '5060',
      PATH: '/bin',
    });
    expect(config.sip.maxCalls).toBe(1000);
  });

  it.each([
    [
      { TWINTRACK_SIP_LISTEN: 'x' },
      'env TWINTRACK_SIP_LISTEN: belongs to no key; the nearest is TWINTRACK_SIP__LISTEN',
    ],
    [
      { TWINTRACK_SIP__MAX_CALLS: 'lots' },
      'env TWINTRACK_SIP__MAX_CALLS: sip.maxCalls: wants a whole number from 1 to 100000, got "lots"',
    ],
    [
      { TWINTRACK_SIP__LISTEN: 'udp/x:1' },
      'env TWINTRACK_SIP__LISTEN: sip.listen[0]: wants an IPv4 or IPv6 address',
    ],
    [{ TWINTRACK_USERS: '[{number: 1001' }, 'env TWINTRACK_USERS: users: not valid YAML'],
    [
      { TWINTRACK_USERS: '[&a {}, *a]' },
      'env TWINTRACK_USERS: users: aliases (*name) are not taken',
    ],
    [{ TWINTRACK_USERS: 'alice' }, 'env TWINTRACK_USERS: users[0]: wants a map of number, aor'],
    [{ TWINTRACK_SIP: 'x' }, 'env TWINTRACK_SIP: sip: wants a map of listen'],
  ])('%j: %s', (env, expected) => {
    const problems = problemsOf(load({ env: env as unknown as Record<string, string> }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });
});

describe('flags', () => {
  const take = (flags: Flags) => configOf(load({ flags }));

  it('set any key by its path', () => {
    const config = take({ set: ['sip.maxCalls=5', 'media.ports=20000-20099', 'http.listen=null'] });
    expect(config.sip.maxCalls).toBe(5);
    expect(config.media.ports.last).toBe(20_099);
    expect(config.http.listen).toBeNull();
  });

  it('the last of several wins, and a flag of its own wins over --set', () => {
    expect(take({ set: ['log.level=warn', 'log.level=error'] }).log.level).toBe('error');
    expect(take({ set: ['log.level=warn'], logLevel: 'debug' }).log.level).toBe('debug');
  });

  it('a value may hold an equals sign', () => {
    const config = take({ set: ['recorder.provider=sip:rec@10.0.0.30;transport=tcp'] });
    expect(config.recorder.provider).toMatchObject({ server: { transport: 'tcp' } });
  });

  it('each flag of its own sets the key it names', () => {
    const values = {
      listen: 'udp/127.0.0.1:5061',
      externalAddress: 'sip.example.com',
      mediaAddress: '127.0.0.2',
      mediaPorts: '40000-49999',
      recorder: 'none',
      recordings: '/r',
      http: '127.0.0.1:8081',
      logLevel: 'debug',
      logFormat: 'pretty',
    } satisfies Required<Omit<Flags, 'set'>>;
    const loaded = load({ flags: values });
    if (!loaded.ok) throw new Error(loaded.problems.map(showProblem).join('\n'));
    for (const { flag, path } of Object.values(FLAGS)) {
      expect(loaded.provenance.find((one) => one.path === path)?.origin).toEqual({
        kind: 'flag',
        flag,
      });
    }
  });

  it.each([
    ['sip.lisen=x', 'flag --set sip.lisen: no such key; the nearest is sip.listen'],
    ['zip.listen=x', 'flag --set zip.listen: no such key; the nearest is sip'],
    [
      'peers.0.name=x',
      'flag --set peers.0.name: no such key: peers holds no keys; set it as a whole',
    ],
    ['sip.maxCalls', 'flag --set sip.maxCalls: wants PATH=VALUE, as in sip.maxCalls=50'],
    ['=5', 'wants PATH=VALUE'],
    ['__proto__.x=5', 'no such key'],
    ['sip.maxCalls=-1', 'flag --set sip.maxCalls: sip.maxCalls: wants a whole number'],
  ])('--set %s: %s', (assignment, expected) => {
    const problems = problemsOf(load({ flags: { set: [assignment] } }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });
});

describe('the order of strength', () => {
  const file = files.write(
    'order.yaml',
    'sip:\n  maxCalls: 2\n  ringTimeoutSeconds: 2\n  userAgent: two\n',
  );
  const env = { TWINTRACK_SIP__MAX_CALLS: '3', TWINTRACK_SIP__RING_TIMEOUT_SECONDS: '3' };
  const loaded = loadConfig({ file, env, flags: { set: ['sip.maxCalls=4'] } });

  it('is flags, environment, file, defaults', () => {
    expect(configOf(loaded).sip).toMatchObject({
      maxCalls: 4,
      ringTimeoutSeconds: 3,
      userAgent: 'two',
      applicationTimeoutSeconds: 10,
    });
  });

  it('is told for each value', () => {
    if (!loaded.ok) throw new Error('refused');
    const origin = (path: string) => loaded.provenance.find((one) => one.path === path)?.origin;
    expect(origin('sip.maxCalls')).toEqual({ kind: 'flag', flag: '--set sip.maxCalls' });
    expect(origin('sip.ringTimeoutSeconds')).toEqual({
      kind: 'environment',
      name: 'TWINTRACK_SIP__RING_TIMEOUT_SECONDS',
    });
    expect(origin('sip.userAgent')).toEqual({ kind: 'file', file, line: 4, column: 14 });
    expect(origin('sip.applicationTimeoutSeconds')).toEqual({ kind: 'default' });
  });
});

describe('secrets', () => {
  const secret = 'correct-horse-battery';

  it('come from the environment', () => {
    const config = configOf(load({ env: { TWINTRACK_HTTP__TOKEN: secret } }));
    expect(config.http.token?.reveal()).toBe(secret);
  });

  it('come from a file, without its last line break', () => {
    const tokenFile = files.write('token', `${secret}\n`);
    const file = files.write('t.yaml', `http: { listen: "0.0.0.0:8080", tokenFile: ${tokenFile} }`);
    expect(configOf(load({ file })).http.token?.reveal()).toBe(secret);
  });

  it('come from a file that a variable or flag names, for the engine too', () => {
    const secretFile = files.write('engine-secret', secret);
    const env = {
      TWINTRACK_SIP__ENGINE__HOST: 'd',
      TWINTRACK_SIP__ENGINE__SECRET_FILE: secretFile,
    };
    const { engine } = configOf(load({ env })).sip;
    expect(engine.kind === 'drachtio' && engine.secret?.reveal()).toBe(secret);
  });

  it('are shown to nobody', () => {
    const loaded = load({ env: { TWINTRACK_HTTP__TOKEN: secret } });
    const config = configOf(loaded);
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      format('%s %o %j', config.http.token, config.http.token, config.http.token),
      `${config.http.token}`,
      loaded.ok ? explain(loaded.provenance) : '',
      loaded.ok ? JSON.stringify(loaded.provenance) : '',
    ].join('\n');
    expect(shown).not.toContain(secret);
    expect(shown).toContain('[redacted]');
  });

  it('are refused in the file and in flags, and the message does not repeat them', () => {
    const file = files.write('bad.yaml', `http:\n  token: ${secret}\n`);
    for (const problems of [
      problemsOf(load({ file })),
      problemsOf(load({ flags: { set: [`http.token=${secret}`] } })),
    ]) {
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain('http.token: is a secret and stands here for everyone to read');
      expect(problems[0]).toContain('http.tokenFile');
      expect(problems[0]).not.toContain(secret);
    }
  });

  it('of the wrong kind are refused without repeating them', () => {
    for (const yaml of [`[${secret}]`, `{ a: ${secret} }`]) {
      const problems = problemsOf(
        load({ file: files.write('bad.yaml', `http: { token: ${yaml} }`) }),
      );
      expect(problems.join()).not.toContain(secret);
    }
    const problems = problemsOf(load({ env: { TWINTRACK_HTTP__TOKEN: secret.repeat(300) } }));
    expect(problems).toEqual([
      'env TWINTRACK_HTTP__TOKEN: http.token: wants at most 4096 characters',
    ]);
  });

  it('that could be guessed are refused', () => {
    expect(problemsOf(load({ env: { TWINTRACK_HTTP__TOKEN: 'password' } }))).toEqual([
      'env TWINTRACK_HTTP__TOKEN: http.token: wants at least 16 characters',
    ]);
  });

  it('given twice are refused', () => {
    const tokenFile = files.write('token', secret);
    const env = { TWINTRACK_HTTP__TOKEN: secret, TWINTRACK_HTTP__TOKEN_FILE: tokenFile };
    expect(problemsOf(load({ env }))).toEqual([
      'env TWINTRACK_HTTP__TOKEN_FILE: http.tokenFile: is given by TWINTRACK_HTTP__TOKEN too: keep one of them',
    ]);
  });

  it.each([
    ['/nowhere/token', 'names a file that cannot be read (ENOENT)'],
    [files.directory, 'names a file that cannot be read (EISDIR)'],
    [files.write('empty', '\n'), 'names a file that is empty'],
    [files.write('many', 'one\ntwo\n'), 'names a file that is no secret: it wants one line'],
  ])('in %s: %s', (tokenFile, expected) => {
    const problems = problemsOf(load({ env: { TWINTRACK_HTTP__TOKEN_FILE: tokenFile } }));
    expect(problems).toEqual([`env TWINTRACK_HTTP__TOKEN_FILE: http.tokenFile: ${expected}`]);
  });
});

describe('explain', () => {
  it('is a line for each value: path, value, origin, reason', () => {
    const file = files.write('e.yaml', 'users:\n  - { number: "1001", mode: always }\n');
    const loaded = load({ file, flags: { http: 'null' } });
    if (!loaded.ok) throw new Error('refused');
    const lines = explain(loaded.provenance).split('\n');
    const cells = (path: string) =>
      lines.find((line) => line.startsWith(`${path} `))?.split(/ {2,}/);
    expect(lines[0]?.split(/ {2,}/)).toEqual(['key', 'value', 'from', 'why']);
    expect(cells('users[0].mode')).toEqual([
      'users[0].mode',
      'always',
      `${file}:2`,
      'Whether calls of this user are recorded.',
    ]);
    expect(cells('users[0].contact')?.slice(1, 3)).toEqual(['null', 'default']);
    expect(cells('http.listen')?.slice(1, 3)).toEqual(['null', 'flag --http']);
    expect(cells('sip.listen')?.slice(1, 3)).toEqual([
      '[udp/127.0.0.1:5060, tcp/127.0.0.1:5060]',
      'default',
    ]);
  });

  it('shows what stands inside a drachtio-server', () => {
    const loaded = load({ env: { TWINTRACK_SIP__ENGINE__HOST: 'drachtio' } });
    if (!loaded.ok) throw new Error('refused');
    const text = explain(loaded.provenance);
    expect(text).toMatch(/^sip\.engine\.host +drachtio +env TWINTRACK_SIP__ENGINE__HOST/m);
    expect(text).toMatch(/^sip\.engine\.port +9022 +default/m);
    expect(text).not.toMatch(/^sip\.engine /m);
  });
});
