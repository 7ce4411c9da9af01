/**
 * The plan of the house as a check. A room imports only from rooms of lower rank; a room is entered
 * through its index.ts; a third-party package has one owner.
 */
const RANK = {
  core: 0,
  config: 1,
  policy: 1,
  engine: 1,
  media: 1,
  ua: 1,
  tones: 2,
  siprec: 2,
  sip: 3,
  recorder: 3,
  phone: 3,
  metrics: 4,
  api: 4,
  app: 5,
  cli: 6,
};

/** Rooms that only the composition root and the command line may know. */
const ROOT_ONLY = ['config', 'engine'];

/** The one room that may import each of these packages. */
const OWNER = {
  'drachtio-srf': 'src/ua/',
  'drachtio-fsmrf': 'src/tones/freeswitch/',
  'drachtio-modesl': 'src/tones/freeswitch/',
  'sdp-transform': 'src/media/sdp/',
  'werift-rtp': 'src/media/rtp/',
  koffi: 'src/media/(relay|srtp)/',
  '@evan/opus': 'src/media/audio/',
  'prom-client': 'src/metrics/',
  fastify: 'src/api/',
  pino: 'src/core/',
  zod: 'src/config/',
  yaml: 'src/(config|policy/settings/exchange)/',
  libsql: 'src/policy/settings/store/',
  kysely: 'src/policy/settings/store/',
  pg: 'src/policy/settings/store/',
  'fast-xml-parser': 'src/siprec/',
  commander: 'src/cli/',
};

const rooms = Object.keys(RANK);
const rules = [];

for (const room of rooms) {
  const forbidden = rooms.filter((other) => {
    if (other === room) return false;
    if (RANK[other] >= RANK[room]) return true;
    return ROOT_ONLY.includes(other) && RANK[room] < RANK.app;
  });
  if (forbidden.length > 0) {
    rules.push({
      name: `${room}-imports-only-downward`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: `^src/(${forbidden.join('|')})/` },
    });
  }
  rules.push({
    name: `${room}-is-entered-by-its-index`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/${room}/` },
    to: { path: `^src/${room}/`, pathNot: `^src/${room}/index\\.ts$` },
  });
}

for (const [name, owner] of Object.entries(OWNER)) {
  rules.push({
    name: `${name}-has-one-owner`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^${owner}` },
    to: { path: `node_modules/${name}/` },
  });
}

rules.push({
  name: 'no-cycles',
  severity: 'error',
  from: { path: '^src/' },
  to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
});

module.exports = {
  forbidden: rules,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
