/**
 * Names in package-lock.json every platform's build of a package, also those that a registry does not
 * hold: npm leaves those out when it writes the file, and `npm ci` then refuses the file. Run it after
 * `npm install`: `npm run lock:complete`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const LOCKFILE = 'package-lock.json';

const lock = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as { packages: Record<string, Entry> };
const { packages } = lock;

for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isThere(path, name)) continue;
    const platform = platformOf(name);
    if (!/^\d+\.\d+\.\d+$/.test(version) || !platform) {
      throw new Error(
        `${name}@${version} of ${path} is no build for one platform: see to it by hand`,
      );
    }
    const { os, cpu, libc } = platform;
    packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(dev && { dev }),
      ...(libc && { libc }),
      optional: true,
      os,
    };
    console.log(`${name}@${version}`);
  }
}

const inOrder = Object.entries(packages).sort(([one], [other]) => (one < other ? -1 : 1));
const completed = { ...lock, packages: Object.fromEntries(inOrder) };
writeFileSync(LOCKFILE, `${JSON.stringify(completed, null, 2)}\n`);

/** Whether Node would find the package from there: beside it, or in a folder above. */
function isThere(from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

/** `@swc/core-linux-arm64-gnu` → linux, arm64, glibc. */
function platformOf(name: string) {
  const systems = 'android|darwin|freebsd|linux|openbsd|openharmony|win32';
  const parts = new RegExp(`-(${systems})-([a-z0-9]+)(?:-([a-z]+))?$`).exec(name);
  if (!parts) return undefined;
  const [, os, cpu, abi = ''] = parts;
  const libc = os !== 'linux' || abi === '' ? undefined : abi.startsWith('musl') ? 'musl' : 'glibc';
  return { os: [os!], cpu: [cpu!], libc: libc && [libc] };
}
