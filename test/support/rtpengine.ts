import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { freePort, freeRange } from './ports';

/** Debian's rtpengine in user space, on loopback and on ports of its own. */
export class Rtpengine {
  #child: ChildProcess;
  readonly #output: string[] = [];

  private constructor(
    readonly port: number,
    private readonly options: RtpengineStart,
    private readonly ports: { readonly min: number; readonly max: number },
  ) {
    this.#child = this.#spawn();
  }

  /** Resolves when it answers. */
  static async start(options: RtpengineStart = {}): Promise<Rtpengine> {
    const daemon = new Rtpengine(await freePort(), options, await freeRange(1_000));
    await daemon.#answering();
    return daemon;
  }

  /** What makes the product use it. */
  get settings(): string[] {
    return ['media.plane=rtpengine', `media.rtpengine.nodes=[{address: "127.0.0.1:${this.port}"}]`];
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** It stands still: neither answers nor moves a packet. */
  stall(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** A new one in its place: it knows nothing of what the old one carried. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = this.#spawn();
    await this.#answering();
  }

  #spawn(): ChildProcess {
    const { min, max } = this.ports;
    const child = spawn(
      'rtpengine',
      [
        '--config-file=none',
        '--foreground',
        '--log-stderr',
        '--log-level=4',
        '--table=-1',
        ...(this.options.addresses ?? ['127.0.0.1']).map((address) => `--interface=${address}`),
        `--listen-ng=127.0.0.1:${this.port}`,
        `--port-min=${min}`,
        `--port-max=${max}`,
        '--num-threads=1',
        ...(this.options.more ?? []),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr.on('data', (text: Buffer) => this.#output.push(text.toString()));
    // It would outlive a test that fails before its end.
    const end = (): unknown => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    return child;
  }

  async #answering(): Promise<void> {
    const socket = createSocket('udp4');
    // Nobody listens there yet.
    socket.on('error', () => {});
    let answered = false;
    socket.on('message', () => {
      answered = true;
    });
    const deadline = Date.now() + 45_000;
    while (!answered && Date.now() < deadline) {
      socket.send('probe d7:command4:pinge', this.port, '127.0.0.1');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    socket.close();
    if (!answered) throw new Error(`rtpengine did not start\n${this.#output.join('')}`);
  }
}

export interface RtpengineStart {
  /** Where it takes media. Default 127.0.0.1. */
  readonly addresses?: readonly string[];
  /** More of its options. */
  readonly more?: readonly string[];
}
