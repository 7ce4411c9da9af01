import fc from 'fast-check';
import { defaultConfig, loadConfig } from '../../src/config';
import { configOf, load, problemsOf, scratch } from './support';

const files = scratch();
afterAll(files.remove);

/** Problems of a YAML text, without the name of the file. */
function problemsIn(yaml: string): string[] {
  const file = files.write('twintrack.yaml', yaml);
  return problemsOf(load({ file })).map((line) => line.replace(`${file}:`, ''));
}

function configIn(yaml: string) {
  return configOf(load({ file: files.write('twintrack.yaml', yaml) }));
}

describe('without a file', () => {
  const config = configOf(load());

  it('everything listens on loopback, each at a port of its own', () => {
    expect(config.sip.listen).toEqual([
      { protocol: 'udp', address: '127.0.0.1', port: 5060 },
      { protocol: 'tcp', address: '127.0.0.1', port: 5060 },
    ]);
    expect(config.recorder.embedded.listen.map(({ port }) => port)).toEqual([5070, 5070]);
    expect(config.http.listen).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(config.media.address).toBe('127.0.0.1');
    expect(config.peers[0]?.addresses.map(({ address }) => address)).toEqual(['127.0.0.0', '::1']);
  });

  it('is what the defaults say', () => {
    expect(config).toEqual(defaultConfig());
  });

  it('paths are absolute', () => {
    expect(config.recorder.embedded.directory).toBe(`${process.cwd()}/recordings`);
    expect(config.cdr.file).toBe(`${process.cwd()}/data/cdr.jsonl`);
  });

  it('no part of it can be changed', () => {
    const parts: object[] = [config];
    for (let part = parts.pop(); part; part = parts.pop()) {
      expect(Object.isFrozen(part)).toBe(true);
      parts.push(...Object.values(part).filter((inner) => typeof inner === 'object' && inner));
    }
  });
});

describe('what is resolved', () => {
  it('are values the program works with, not texts', () => {
    const config = configIn(`
peers: [{ name: pbx, addresses: [10.0.0.0/8], target: "sip:10.0.0.1;transport=tcp" }]
users: [{ number: "+1 555 0100", aor: Alice@EXAMPLE.com, mode: always }]
routes: [{ from: [pbx], to: '1(\\d+)', rewrite: '$1', targets: [pbx, "sip:10.9.9.9", user, request-uri] }]
recorder: { provider: "sip:rec@10.0.0.30:5090;transport=tcp" }
cdr: { file: '-' }
`);
    expect(config.peers[0]?.target).toMatchObject({ host: '10.0.0.1', transport: 'tcp' });
    expect(config.users[0]).toMatchObject({ number: '+15550100', aor: 'sip:Alice@example.com' });
    expect(config.routes[0]?.to.regex.exec('1234')?.[1]).toBe('234');
    expect(config.routes[0]?.targets).toEqual([
      { kind: 'peer', name: 'pbx' },
      { kind: 'uri', uri: 'sip:10.9.9.9' },
      { kind: 'user' },
      { kind: 'request-uri' },
    ]);
    expect(config.recorder.provider).toMatchObject({ kind: 'external', server: { port: 5090 } });
    expect(config.cdr.file).toBe('-');
  });

  it('a drachtio-server is a host with a port', () => {
    expect(configIn('sip: { engine: { host: drachtio } }').sip.engine).toEqual({
      kind: 'drachtio',
      host: 'drachtio',
      port: 9022,
      secret: null,
      secretFile: null,
    });
  });

  it('a section or list with nothing under it counts as not written', () => {
    expect(configIn('sip:\nusers:\npeers:\nrecorder:\n  embedded:\n')).toEqual(defaultConfig());
    expect(configIn('')).toEqual(defaultConfig());
    expect(configIn('# nothing but a comment\n')).toEqual(defaultConfig());
  });
});

describe('problems', () => {
  it('are reported all at once, in the order of the file, each with line and column', () => {
    expect(
      problemsIn(`sip:
  lisen: [udp/10.0.0.1:5060]
  maxCalls: many
  engine: { hots: x, host: drachtio }
peers:
  - { name: pbx, addresses: [10.0.0.1/8] }
  - { name: pbx, addresses: [10.0.0.2] }
routes:
  - { to: '(a+)+', targets: [pbz] }
shutdown: { graceSeconds: -1 }
`),
    ).toEqual([
      '2:3: sip.lisen: no such key; the nearest is listen',
      '3:13: sip.maxCalls: wants a whole number from 1 to 100000, got "many"',
      '4:13: sip.engine.hots: no such key; the nearest is host',
      expect.stringContaining('6:30: peers[0].addresses[0]: has bits set after its prefix'),
      '7:13: peers[1].name: "pbx" is the name of peers[0] already',
      expect.stringContaining('9:11: routes[0].to: must not repeat a group'),
      '9:30: routes[0].targets[0]: there is no peer "pbz"; the nearest is pbx',
      '10:27: shutdown.graceSeconds: wants a number from 0 to 3600, got -1',
    ]);
  });

  it('a key that belongs elsewhere is told where', () => {
    expect(problemsIn('sip: { quarantineSeconds: 3 }')).toEqual([
      '1:8: sip.quarantineSeconds: no such key; there is media.quarantineSeconds',
    ]);
  });

  it('a key that resembles nothing is told the nearest, and what there is', () => {
    expect(problemsIn('shutdown: { whatever: 3 }')).toEqual([
      '1:13: shutdown.whatever: no such key; the nearest is graceSeconds (known here: graceSeconds)',
    ]);
  });

  it.each([
    ['sip: 5', '1:6: sip: wants a map of listen, externalAddress'],
    ['sip: { listen: udp/127.0.0.1:5060 }', 'sip.listen: wants a list, got "udp/127.0.0.1:5060"'],
    ['sip: { listen: [] }', 'sip.listen: wants at least one entry'],
    ['sip: { maxCalls: 1.5 }', 'sip.maxCalls: wants a whole number from 1 to 100000, got 1.5'],
    ['sip: { maxCalls: 0 }', 'sip.maxCalls: wants a whole number from 1 to 100000, got 0'],
    ['sip: { maxCalls: null }', 'sip.maxCalls: wants a whole number from 1 to 100000, got null'],
    ['sip: { engine: embeded }', 'sip.engine: wants embedded or a map of host, port'],
    ['sip: { engine: { port: 1 } }', 'sip.engine.host: is missing: Address or name'],
    [
      'sip: { userAgent: "a\\u0000b" }',
      'sip.userAgent: wants no control characters, got "a\\u0000b"',
    ],
    ['sip: { userAgent: "" }', 'sip.userAgent: must not be empty'],
    ['sip: { externalAddress: [] }', 'sip.externalAddress: wants text or null, got a list'],
    [
      'log: { level: loud }',
      'log.level: wants trace, debug, info, warn, error or silent, got "loud"',
    ],
    [
      'media: { backend: { a: 1 } }',
      'media.backend: wants auto, io_uring, epoll or dgram, got a map',
    ],
    ['users: [{ name: x }]', '1:9: users[0]: wants a number or an aor'],
    ['users: [{ number: 1001 }]', 'users[0].number: wants text or null, got 1001'],
    ['peers: [{ name: a b, addresses: [10.0.0.1] }]', 'peers[0].name: wants a name of at most 63'],
    ['peers: [{ addresses: [10.0.0.1] }]', 'peers[0].name: is missing: Name for routes'],
    ['routes: [{}]', 'routes[0].targets: is missing: Where to, in order'],
    ['recorder: { provider: dubber }', 'wants embedded, none, or the SIP URI of a recorder'],
  ])('%s: %s', (yaml, expected) => {
    const problems = problemsIn(yaml);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it('a file that cannot be read is one', () => {
    expect(problemsOf(load({ file: `${files.directory}/none.yaml` }))).toEqual([
      `${files.directory}/none.yaml:1:1: cannot be read (ENOENT)`,
    ]);
    expect(problemsOf(load({ file: files.directory }))[0]).toContain('cannot be read (EISDIR)');
  });

  it.each([
    ['sip: [', 'not valid YAML'],
    ['sip: {}\nsip: {}', '2:1: not valid YAML: Map keys must be unique'],
    ['a: &x 1\nsip: *x', 'aliases (*name) are not taken'],
    ['sip: !!js/function "x"', 'not valid YAML: Unresolved tag'],
    ['? [a]\n: b', 'wants a word for a key'],
    ['just text', '1:1: wants a map of sip, media'],
    ['- a', 'wants a map of sip, media'],
    [`sip: ${'['.repeat(25)}${']'.repeat(25)}`, 'is nested deeper than any key goes'],
    ['__proto__: { a: 1 }', 'no such key'],
    ['sip: { constructor: 1 }', 'no such key'],
  ])('broken or hostile YAML: %j', (yaml, expected) => {
    expect(problemsIn(yaml).join('\n')).toContain(expected);
  });

  it('no text whatever makes it throw', () => {
    const word = fc.constantFrom(
      'sip',
      'peers',
      'media',
      ':',
      '- ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
    );
    const more = fc.constantFrom('&a', '*a', '!t', '"', "'", '|', '%', '#', '0x', 'null', '\u0000');
    const text = fc.array(fc.oneof(word, more, fc.string()), { maxLength: 40 });
    fc.assert(
      fc.property(text, (parts) => {
        const loaded = load({ file: files.write('fuzz.yaml', parts.join('')) });
        return loaded.ok || loaded.problems.length > 0;
      }),
      { numRuns: 500 },
    );
  });

  it('no JSON value in any place makes it throw', () => {
    const section = fc.constantFrom('sip', 'media', 'peers', 'users', 'routes', 'recorder', 'http');
    const values = fc.dictionary(section, fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())));
    fc.assert(
      fc.property(values, (value) => {
        const loaded = load({ file: files.write('fuzz.json', JSON.stringify(value)) });
        return loaded.ok || loaded.problems.length > 0;
      }),
      { numRuns: 500 },
    );
  });
});

describe('keys that must agree', () => {
  it.each([
    [
      'sip: { listen: [udp/127.0.0.1:5070] }',
      'recorder.embedded.listen[1]: udp/127.0.0.1:5070 is taken by sip.listen[0]',
    ],
    [
      'sip: { listen: [tcp/127.0.0.1:8080] }',
      'http.listen: tcp/127.0.0.1:8080 is taken by sip.listen[0]',
    ],
    ['sip: { listen: [udp/127.0.0.1:25000] }', 'sip.listen[0]: port 25000 lies within media.ports'],
    [
      'sip: { listen: [udp/127.0.0.1:15000] }',
      'sip.listen[0]: port 15000 lies within recorder.embedded.ports',
    ],
    [
      'sip: { listen: [udp/127.0.0.1:5060, udp/127.0.0.1:5060] }',
      'sip.listen[1]: udp/127.0.0.1:5060 is taken by sip.listen[0]',
    ],
    ['media: { ports: 10000-19999 }', 'recorder.embedded.ports: 10000-19999 overlaps media.ports'],
    [
      'media: { ports: 20000-20799 }',
      'media.ports: 20000-20799 is enough for 100 recorded calls, and sip.maxCalls is 1000',
    ],
    [
      'recorder: { embedded: { ports: 10000-10399 } }',
      'recorder.embedded.ports: 10000-10399 is enough for 100',
    ],
    ['media: { address: 0.0.0.0 }', 'media.address: 0.0.0.0 can stand in no SDP'],
    ['media: { address6: "::" }', 'media.address6: :: can stand in no SDP'],
    [
      'recorder: { embedded: { address: 0.0.0.0 } }',
      'recorder.embedded.address: 0.0.0.0 can stand in no SDP',
    ],
    ['media: { externalAddress: "2001:db8::1" }', 'wants the same address family as media.address'],
    [
      'sip: { listen: [udp/10.0.0.5:5060] }',
      'media.address: 127.0.0.1 is reached from this machine only',
    ],
    [
      'peers: [{ name: any, addresses: [10.0.0.1] }]',
      'peers[0].name: "any" has a meaning of its own',
    ],
    [
      'peers: [{ name: a, addresses: [10.0.0.1, 10.0.0.1/32] }]',
      '10.0.0.1/32 belongs to peers[0] ("a") already',
    ],
    [
      'peers: [{ name: a, addresses: ["::1"] }, { name: b, addresses: ["0:0::1/128"] }]',
      'peers[1].addresses[0]',
    ],
    [
      'users: [{ number: "+1 555" }, { number: "+1555" }]',
      'users[1].number: +1555 is the number of users[0] already',
    ],
    [
      'users: [{ aor: a@b.c }, { aor: "sip:a@B.C" }]',
      'users[1].aor: sip:a@b.c is the aor of users[0] already',
    ],
    [
      'routes: [{ targets: [trunk] }]',
      'routes[0].targets[0]: there is no peer "trunk"; the nearest is local',
    ],
    ['routes: [{ from: [pbx], targets: [user] }]', 'routes[0].from[0]: there is no peer "pbx"'],
    [
      'routes: [{ targets: [local] }]',
      'routes[0].targets[0]: peer "local" has no target: it only calls in',
    ],
    [
      "routes: [{ to: '1(.*)', rewrite: '$2', targets: [user] }]",
      'routes[0].rewrite: uses $2, and `to` has 1 groups',
    ],
    [
      'peers: [{ name: a, addresses: [10.0.0.1], target: "sip:127.0.0.1" }]',
      'peers[0].target: 127.0.0.1:5060 is our own address',
    ],
    [
      'users: [{ number: "1", contact: "sip:a@127.0.0.1:5060" }]',
      'users[0].contact: 127.0.0.1:5060 is our own address',
    ],
    [
      'recorder: { provider: "sip:127.0.0.1:5060" }',
      'recorder.provider: 127.0.0.1:5060 is our own address',
    ],
    [
      'recorder: { standby: ["sip:127.0.0.1:5060"] }',
      'recorder.standby[0]: 127.0.0.1:5060 is our own address',
    ],
    [
      'recorder: { standby: [embeded] }',
      'recorder.standby[0]: wants embedded or the SIP URI of a recorder, got "embeded"',
    ],
    ['recorder: { standby: [embedded] }', 'recorder.standby[0]: embedded is recorder.provider'],
    [
      'recorder: { standby: ["sip:a@192.0.2.1", "sip:a@192.0.2.1"] }',
      'recorder.standby[1]: sip:a@192.0.2.1 is recorder.standby[0] already',
    ],
    [
      'recorder: { provider: none, standby: [embedded] }',
      'recorder.standby[0]: recorder.provider is none: nobody records, and nobody stands by',
    ],
    [
      'recorder: { provider: "sip:192.0.2.1", standby: [embedded], embedded: { listen: ["udp/127.0.0.1:5060"] } }',
      '127.0.0.1:5060',
    ],
    [
      'sip: { sessionMinimumSeconds: 100, sessionExpiresSeconds: 90 }',
      'sip.sessionExpiresSeconds: 90 is below sip.sessionMinimumSeconds',
    ],
    ['media: { address: "::1", address6: "::1" }', 'media.address6: is of no use'],
    [
      'peers: [{ name: a, addresses: [0.0.0.0/0] }]',
      'peers[0].addresses[0]: lets everybody call everywhere, by the request-uri of routes[0]',
    ],
    [
      'http: { listen: "0.0.0.0:8080" }',
      'http.listen: 0.0.0.0 is reached from other machines, and what is served names people: set http.tokenFile or TWINTRACK_HTTP__TOKEN',
    ],
  ])('%s: %s', (yaml, expected) => {
    const problems = problemsIn(yaml);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it.each([
    [
      'a recorder elsewhere leaves its ports free',
      'recorder: { provider: none }\nsip: { listen: [udp/127.0.0.1:5070] }',
    ],
    [
      'other addresses may use the same ports',
      'recorder: { embedded: { listen: [udp/127.0.0.2:5060], address: 127.0.0.2, ports: 20000-29999 } }',
    ],
    [
      'ports that the system chooses never clash',
      'sip: { listen: [udp/127.0.0.1:0, udp/127.0.0.1:0] }',
    ],
    [
      'a drachtio-server listens by itself',
      'sip: { engine: { host: 10.0.0.4 }, listen: [udp/127.0.0.1:5070] }',
    ],
    [
      'the wildcard is fine behind an external address',
      'media: { address: 0.0.0.0, externalAddress: 198.51.100.1 }',
    ],
    [
      'everybody may call where the routes lead',
      'peers: [{ name: a, addresses: [0.0.0.0/0] }]\nroutes: [{ targets: [user] }]',
    ],
    [
      'a narrower block of another peer',
      'peers: [{ name: a, addresses: [10.0.0.0/8] }, { name: b, addresses: [10.0.0.1] }]',
    ],
    ['users who call each other', 'users: [{ number: "1", aor: a@b.c }, { number: "2" }]'],
    ['HTTP that is switched off', 'http: { listen: null }'],
  ])('%s', (_, yaml) => {
    expect(load({ file: files.write('good.yaml', yaml) })).toMatchObject({ ok: true });
  });
});

it('reads the environment it is given and not the one of the process', () => {
  process.env.TWINTRACK_SIP__MAX_CALLS = '7';
  try {
    expect(configOf(loadConfig({ env: {}, flags: {} })).sip.maxCalls).toBe(1000);
  } finally {
    delete process.env.TWINTRACK_SIP__MAX_CALLS;
  }
});

describe('announcements from a FreeSWITCH', () => {
  const secret = files.write('freeswitch.secret', 'open sesame\n');
  const chosen = (freeswitch: string) =>
    `announcements: { source: freeswitch, freeswitch: { ${freeswitch} } }`;

  it('want its address and its password', () => {
    expect(problemsIn('announcements: { source: freeswitch }')).toEqual([
      expect.stringContaining('announcements.freeswitch.address'),
      expect.stringContaining('TWINTRACK_ANNOUNCEMENTS__FREESWITCH__SECRET'),
    ]);
    const config = configIn(
      chosen(`address: fs.example.com, secretFile: ${secret}, codecs: [G729]`),
    );
    const { freeswitch } = config.announcements;
    expect(freeswitch.secret?.reveal()).toBe('open sesame');
    expect(JSON.stringify(config)).not.toContain('open sesame');
    expect(freeswitch.codecs).toEqual([
      { codec: 'G729', clockRate: 8_000, channels: 1, fmtp: undefined },
    ]);
  });

  it.each([
    ['listenAddress: "::1"', 'wants an IPv4 address, got "::1"'],
    ['listenAddress: 0.0.0.0', 'is what FreeSWITCH is told: name an address of this machine'],
    ['listenPort: 5060', 'tcp/127.0.0.1:5060 is taken by sip.listen[1] already'],
    ['profile: "a b"', 'wants the name of a SIP profile'],
    ['codecs: [G 729]', 'wants a codec, as G729'],
    ['voice: "kal|x"', 'wants the name of a voice'],
  ])('%s: %s', (written, expected) => {
    const problems = problemsIn(chosen(`address: 127.0.0.1, secretFile: ${secret}, ${written}`));
    expect(problems).toEqual([expect.stringContaining(expected)]);
  });
});
