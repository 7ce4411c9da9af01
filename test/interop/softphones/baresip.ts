import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, freeRange } from '../../support/ports';

export interface BaresipOptions {
  readonly user: string;
  /** WAV file that it speaks: 8 kHz, mono. Its end ends the call: see `long`. */
  readonly says: string;
  readonly transport?: 'udp' | 'tcp';
  /** In order of preference. */
  readonly codecs?: readonly string[];
  /** SRTP with keys in the description: offered, or insisted on. Absent: none. */
  readonly srtp?: 'srtp' | 'srtp-mand';
  /** SIP URI to call; absent: it answers. */
  readonly calls?: string;
}

/** Debian's baresip with a WAV file for a mouth and another for an ear. */
export class Baresip {
  #output = '';
  /** Resolves with the exit code, by itself a while after the call. */
  readonly ended: Promise<number | null>;

  private constructor(
    readonly port: number,
    private readonly control: number,
    private readonly directory: string,
    private readonly child: ReturnType<typeof spawn>,
  ) {
    child.stdout?.on('data', (text: Buffer) => {
      this.#output += text.toString();
    });
    child.stderr?.on('data', (text: Buffer) => {
      this.#output += text.toString();
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
  }

  /** Resolves when it listens. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const directory = mkdtempSync(join(tmpdir(), 'twintrack-baresip-'));
    const port = await freePort();
    const control = await freePort();
    const { min, max } = await freeRange(22);
    const { user, transport = 'udp', codecs = ['PCMA'] } = options;
    writeFileSync(
      join(directory, 'config'),
      configOf(directory, port, control, `${min}-${max}`, options),
    );
    writeFileSync(
      join(directory, 'accounts'),
      `<sip:${user}@127.0.0.1:${port};transport=${transport}>;regint=0;answermode=auto;` +
        `audio_codecs=${codecs.map((codec) => `${codec}/8000/1`).join(',')}` +
        `${options.srtp ? `;mediaenc=${options.srtp}` : ''}\n`,
    );
    writeFileSync(join(directory, 'contacts'), '');
    const child = spawn(
      'baresip',
      [
        ...['-f', directory, '-t', String(LIFE_SECONDS)],
        ...(options.calls ? ['-e', `/dial ${options.calls}`] : []),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const phone = new Baresip(port, control, directory, child);
    await phone.says('baresip is ready');
    return phone;
  }

  /** Waits until its output holds `text`, so many times. */
  async says(text: string, times = 1, withinMs = 90_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (this.#output.split(text).length <= times) {
      if (Date.now() > deadline || this.child.exitCode !== null) {
        throw new Error(`baresip never said "${text}" ${times} x:\n${this.#output.slice(-4000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** One of baresip's long commands, as `hold`, `resume`, `hangup`. */
  async command(command: string): Promise<void> {
    const socket = createConnection(this.control, '127.0.0.1');
    const text = JSON.stringify({ command });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('data', () => resolve());
      // A netstring.
      socket.write(`${text.length}:${text},`);
    });
    socket.destroy();
  }

  /** What it has heard, one WAV file for each time that its audio began. */
  heard(): Buffer[] {
    return readdirSync(this.directory)
      .filter((name) => name.endsWith('-dec.wav'))
      .sort()
      .map((name) => readFileSync(join(this.directory, name)));
  }

  /** Ends it, which finishes its files. */
  async quit(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }

  async remove(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended.catch(() => {});
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** It ends by itself only where a test has forgotten it: on a busy machine, others take long to start. */
const LIFE_SECONDS = 150;

function configOf(
  directory: string,
  port: number,
  control: number,
  media: string,
  options: BaresipOptions,
): string {
  return [
    `sip_listen 127.0.0.1:${port}`,
    'net_interface 127.0.0.1',
    `audio_source aufile,${options.says}`,
    `audio_player aufile,${join(directory, 'play.wav')}`,
    `audio_alert aufile,${join(directory, 'alert.wav')}`,
    'ausrc_srate 8000',
    'auplay_srate 8000',
    'ausrc_channels 1',
    'auplay_channels 1',
    'audio_channels 1-1',
    `rtp_ports ${media}`,
    'jitter_buffer_delay 2-10',
    'module_path /usr/lib/baresip/modules',
    'module g711.so',
    'module srtp.so',
    'module aufile.so',
    // Writes what is heard and said to files in snd_path.
    'module sndfile.so',
    `snd_path ${directory}`,
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    `ctrl_tcp_listen 127.0.0.1:${control}`,
    '',
  ].join('\n');
}
