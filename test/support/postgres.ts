import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './ports';

const DEBIAN = '/usr/lib/postgresql';
/** `nobody`: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const START_MS = 60_000;

/** A PostgreSQL server of its own, on loopback, with a password; gone when it is stopped. */
export class PostgresServer {
  static readonly user = 'twintrack';
  static readonly password = 'a-password-of-the-test';
  #server: ChildProcess | undefined;
  #databases = 0;

  private constructor(
    private readonly directory: string,
    readonly port: number,
  ) {}

  static async start(): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), 'twintrack-postgres-'));
    const data = join(directory, 'data');
    const secret = join(directory, 'secret');
    mkdirSync(data);
    writeFileSync(secret, PostgresServer.password);
    if (process.getuid?.() === 0)
      for (const one of [directory, data, secret]) chownSync(one, NOBODY, NOBODY);
    const made = spawnSync(
      binary('initdb'),
      [
        '-D',
        data,
        '-U',
        PostgresServer.user,
        '--auth=scram-sha-256',
        `--pwfile=${secret}`,
        '--no-sync',
        '--locale=C.UTF-8',
      ],
      { ...WHO, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    const server = new PostgresServer(directory, await freePort());
    await server.run();
    return server;
  }

  /** Starts it, anew if it was ended. */
  async run(): Promise<void> {
    const args = [
      '-D',
      join(this.directory, 'data'),
      '-p',
      String(this.port),
      '-k',
      this.directory,
      '-h',
      '127.0.0.1',
      '-F',
    ];
    this.#server = spawn(binary('postgres'), args, { ...WHO, stdio: 'ignore' });
    const deadline = Date.now() + START_MS;
    for (;;) {
      try {
        await this.#query('postgres', 'select 1');
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** A new database; resolves with its URL. */
  async database(): Promise<string> {
    const name = `settings${++this.#databases}`;
    await this.#query('postgres', `create database ${name}`);
    return this.url(name);
  }

  url(name: string): string {
    return `postgres://${PostgresServer.user}@127.0.0.1:${this.port}/${name}`;
  }

  /** As any other client would. */
  async query(url: string, sql: string): Promise<void> {
    await this.#query(new URL(url).pathname.slice(1), sql);
  }

  /** Ends it at once, connections and all. */
  async end(): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGQUIT');
    await gone;
  }

  async remove(): Promise<void> {
    await this.end();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #query(database: string, sql: string): Promise<void> {
    const client = clientOf(this.url(database));
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}

/** A client as anybody would make one. */
export function clientOf(url: string): Client {
  const whole = new URL(url);
  whole.password = PostgresServer.password;
  const client = new Client({ connectionString: whole.href });
  client.on('error', () => {});
  return client;
}

const WHO = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** Debian keeps them off the PATH, by version. */
function binary(name: string): string {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
    : [];
  const found = versions.map((version) => join(DEBIAN, version, 'bin', name)).find(existsSync);
  return found ?? name;
}
