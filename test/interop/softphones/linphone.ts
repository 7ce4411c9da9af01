import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/ports';

/** Debian's linphonec, a record-aware user agent (RFC 7866), with files instead of a sound card. */
export class Linphone {
  #output = '';
  readonly #ended: Promise<number | null>;

  private constructor(
    private readonly directory: string,
    private readonly child: ChildProcessWithoutNullStreams,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        this.#output += text.toString();
      });
    }
    this.#ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
  }

  /**
   * @param options.says WAV file that it speaks, 8 kHz mono
   * @param options.traces it keeps every SIP message for `trace`
   */
  static async start(options: {
    readonly says: string;
    readonly traces?: boolean;
  }): Promise<Linphone> {
    const directory = mkdtempSync(join(tmpdir(), 'twintrack-linphone-'));
    const data = join(directory, '.local/share');
    // Without the folder of its database it starts, and then has no SIP.
    mkdirSync(join(data, 'linphone'), { recursive: true });
    const port = await freePort();
    writeFileSync(join(directory, 'rc'), configOf(port, await freePort()));
    const traced = options.traces ? ['-d', '6', '-l', join(directory, 'trace')] : [];
    const child = spawn('linphonec', ['-c', join(directory, 'rc'), ...traced], {
      env: { ...process.env, HOME: directory, XDG_DATA_HOME: data, XDG_CONFIG_HOME: directory },
    });
    const phone = new Linphone(directory, child);
    phone.command('soundcard use files');
    phone.command(`play ${options.says}`);
    phone.command(`record ${join(directory, 'heard.wav')}`);
    await phone.says('Using wav files');
    return phone;
  }

  command(text: string): void {
    this.child.stdin.write(`${text}\n`);
  }

  /** Waits until its output holds `text`. */
  async says(text: string, withinMs = 90_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!this.#output.includes(text)) {
      if (Date.now() > deadline || this.child.exitCode !== null) {
        throw new Error(`linphonec never said "${text}":\n${this.#output.slice(-4000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Everything it has sent, received and thought so far. */
  get trace(): string {
    return readFileSync(join(this.directory, 'trace'), 'utf8');
  }

  /** What it has heard, as a WAV file. */
  heard(): Buffer {
    return readFileSync(join(this.directory, 'heard.wav'));
  }

  async quit(): Promise<void> {
    this.command('quit');
    await this.#ended;
  }

  async remove(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended.catch(() => {});
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function configOf(port: number, rtp: number): string {
  return `[sip]
use_ipv6=0
ipv6_migration_done=1
sip_port=${port}
sip_tcp_port=${port}
sip_tls_port=-1
guess_hostname=0
contact="Alice" <sip:200@127.0.0.1:${port}>
media_encryption=none
[net]
bind_address=127.0.0.1
[rtp]
audio_rtp_port=${rtp}
[sound]
echocancellation=0
[app]
record_aware=1
[audio_codec_0]
mime=PCMA
rate=8000
channels=1
enabled=1
`;
}
