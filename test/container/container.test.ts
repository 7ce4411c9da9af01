import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Config, defaultConfig, loadConfig, showProblem } from '../../src/config';
import { type Instruction, parseDockerfile } from './dockerfile';

const root = join(__dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

const KNOWN =
  /^(?:FROM|ARG|ENV|WORKDIR|COPY|RUN|USER|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD|LABEL)$/;

const image = parseDockerfile(read('Dockerfile'));
const of = (name: string, among: readonly Instruction[] = image): Instruction[] =>
  among.filter((one) => one.name === name);
const stages: Instruction[][] = [];
for (const one of image) {
  if (one.name === 'FROM') stages.push([]);
  stages.at(-1)!.push(one);
}
const build = stages[0]!;
const final = stages.at(-1)!;

/** `NAME=value` pairs of the final stage's ENV. */
const environment = Object.fromEntries(
  of('ENV', final).flatMap(({ words }) => words.map((word) => word.split(/=(.*)/s).slice(0, 2))),
) as Record<string, string>;

function configOf(env: Record<string, string>): Config {
  const loaded = loadConfig({ env, flags: {} });
  if (!loaded.ok) throw new Error(loaded.problems.map(showProblem).join('\n'));
  return loaded.config;
}

describe('the Dockerfile', () => {
  it('holds nothing but instructions that are known', () => {
    expect(image[0]?.name).toBe('FROM');
    expect(image.filter(({ name }) => !KNOWN.test(name))).toEqual([]);
  });

  it('builds in one stage and runs in another, on a pinned slim base', () => {
    expect(stages).toHaveLength(2);
    for (const [from] of stages) expect(from!.words[0]).toBe('node:20-bookworm-slim');
    expect(build[0]!.words.slice(1)).toEqual(['AS', 'build']);
  });

  it('has the sources before npm ci, which compiles them', () => {
    const install = build.findIndex(({ rest }) => rest.includes('npm ci'));
    const before = build.slice(0, install).flatMap(({ words }) => words);
    for (const needed of ['package.json', 'package-lock.json', 'tsconfig.build.json', 'src']) {
      expect(before).toContain(needed);
    }
    expect(build[install]!.rest).toContain('npm prune --omit=dev');
  });

  it('copies only what is there and is not ignored', () => {
    const [everything, ...wanted] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(everything).toBe('*');
    const allowed = wanted.map((line) => line.replace(/^!/, ''));
    for (const name of allowed) expect([name, existsSync(join(root, name))]).toEqual([name, true]);
    const copied = of('COPY').filter(({ flags }) => !flags.from);
    const sources = copied.flatMap(({ words }) => words.slice(0, -1));
    expect(sources.filter((source) => !allowed.includes(source))).toEqual([]);
  });

  it('copies from the build what is built there', () => {
    const copied = of('COPY', final).filter(({ flags }) => flags.from === 'build');
    expect(copied.map(({ words }) => words[0])).toEqual([
      '/app/package.json',
      '/app/node_modules',
      '/app/dist',
    ]);
  });

  it('runs the command of the package, not as root', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: { twintrack: string } };
    expect(of('ENTRYPOINT', final)[0]?.words).toEqual(['node', bin.twintrack]);
    expect(of('CMD', final)[0]?.words).toEqual(['serve']);
    const user = final.findIndex(({ name }) => name === 'USER');
    expect(final[user]!.words).toEqual(['node']);
    expect(final.slice(user).some(({ name }) => name === 'RUN' || name === 'COPY')).toBe(false);
  });

  it('keeps what is recorded in a volume that its user owns', () => {
    const [volume] = of('VOLUME', final).flatMap(({ words }) => words);
    const config = configOf(environment);
    expect(config.recorder.embedded.directory.startsWith(`${volume}/`)).toBe(true);
    expect(config.cdr.file?.startsWith(`${volume}/`)).toBe(true);
    expect(of('RUN', final)[0]?.rest).toContain(`-o node -g node -m 0750 ${volume}`);
  });

  it('is asked for its health where the defaults serve it', () => {
    const [check] = of('HEALTHCHECK', final);
    expect(check?.words.slice(0, 2)).toEqual(['node', '-e']);
    expect(() => new Function(check!.words[2]!)).not.toThrow();
    const { host, port } = defaultConfig().http.listen!;
    expect(environment.HEALTH_URL).toBe(`http://${host}:${port}/readyz`);
    expect(Object.keys(check!.flags).sort()).toEqual([
      'interval',
      'retries',
      'start-period',
      'timeout',
    ]);
  });

  it('exposes every port of the defaults', () => {
    const { sip, http, media, recorder } = defaultConfig();
    const range = ({ first, last }: { first: number; last: number }) => `${first}-${last}/udp`;
    expect(of('EXPOSE', final)[0]?.words).toEqual([
      ...sip.listen.map(({ port, protocol }) => `${port}/${protocol}`),
      `${http.listen!.port}/tcp`,
      range(media.ports),
      ...[...recorder.embedded.listen].reverse().map(({ port, protocol }) => `${port}/${protocol}`),
      range(recorder.embedded.ports),
    ]);
  });
});

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly extends?: { readonly service: string };
  readonly profiles?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly network_mode?: string;
  readonly environment?: Record<string, string>;
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
}

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml')) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  const { services } = compose;

  /** The environment of a service of ours, as it is inside: image, parents, itself. */
  const inside = (name: string): Record<string, string> => {
    const service = services[name]!;
    const inherited = service.extends ? inside(service.extends.service) : environment;
    return { ...inherited, ...interpolated(service.environment ?? {}) };
  };

  const interpolated = (env: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(env).map(([name, value]) => [
        name,
        value.replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
      ]),
    );

  it('starts Twintrack alone, unless more is asked for', () => {
    const always = Object.entries(services).filter(([, { profiles }]) => !profiles);
    expect(always.map(([name]) => name)).toEqual(['twintrack']);
    expect(services.twintrack).toMatchObject({ build: '.', network_mode: 'host', init: true });
  });

  it('has drachtio-server and rtpengine in a profile, with Twintrack beside them', () => {
    const more = Object.entries(services).filter(([, { profiles }]) => profiles);
    expect(more.every(([, { profiles }]) => profiles?.join() === 'drachtio')).toBe(true);
    expect(more.map(([name]) => name).sort()).toEqual([
      'drachtio',
      'rtpengine',
      'twintrack-drachtio',
    ]);
    expect(services.drachtio?.image).toMatch(/^drachtio\/drachtio-server:/);
    expect(services.rtpengine?.image).toMatch(/^drachtio\/rtpengine:/);
  });

  it('names only services and volumes that are there', () => {
    for (const service of Object.values(services)) {
      expect(service.image ?? service.extends).toBeDefined();
      for (const name of service.depends_on ?? []) expect(services).toHaveProperty([name]);
      if (service.extends) expect(services).toHaveProperty([service.extends.service]);
      for (const volume of service.volumes ?? []) {
        expect(compose.volumes).toHaveProperty([volume.split(':')[0]!]);
      }
    }
  });

  it.each(['twintrack', 'twintrack-drachtio'])('%s has a good configuration', (name) => {
    const config = configOf(inside(name));
    const { host, port } = config.http.listen!;
    expect(inside(name).HEALTH_URL).toBe(`http://${host}:${port}/readyz`);
    expect(config.shutdown.graceSeconds).toBeLessThan(30);
  });

  it('connects Twintrack to the drachtio-server that it starts', () => {
    const { engine } = configOf(inside('twintrack-drachtio')).sip;
    const command = interpolated({ all: services.drachtio!.command!.join(' ') }).all!;
    if (engine.kind !== 'drachtio') throw new Error('it uses its own engine');
    expect(command).toContain(`--address ${engine.host} --port ${engine.port}`);
    expect(command).toContain(`--secret ${engine.secret?.reveal()}`);
  });

  it('lets everything run at once: no port is taken twice', () => {
    const taken = ['twintrack', 'twintrack-drachtio'].flatMap((name) => {
      const { sip, http, media, recorder } = configOf(inside(name));
      const own = sip.engine.kind === 'embedded' ? sip.listen : [];
      const single = [...own, ...recorder.embedded.listen, http.listen!];
      return [
        ...single
          .map(({ port }) => [port, port])
          .filter(([port], at, all) => {
            return all.findIndex(([other]) => other === port) === at;
          }),
        [media.ports.first, media.ports.last],
        [recorder.embedded.ports.first, recorder.embedded.ports.last],
      ];
    }) as [number, number][];
    taken.push([5080, 5080], [9022, 9022], [2223, 2223], [50_000, 59_999]);
    const sorted = [...taken].sort(([one], [other]) => one - other);
    const clashes = sorted.filter(([first], at) => at > 0 && first <= sorted[at - 1]![1]);
    expect(clashes).toEqual([]);
  });
});
