import type { Endpoint, Fork, ForkStats, SrtpSession } from '../../../src/media';

/** A fork that writes down what is done to it, in `journal`, under its label. */
export class FakeFork implements Fork {
  readonly id: string;
  readonly local: Endpoint;
  /** Set to hold back the end of `pause`. */
  holdPause = false;
  failPause = false;
  /** Set to leave `close` without an end. */
  hangs = false;
  dropped = 0;
  crowdedOut = 0;
  cut = false;
  #release: () => void = () => {};

  constructor(
    private readonly label: string,
    port: number,
    private readonly journal: string[],
    address = '192.0.2.1',
  ) {
    this.id = `fork-${label}`;
    this.local = { address, rtpPort: port, rtcpPort: port + 1 };
  }

  /** With which keys it was started, each time. */
  readonly sessions: Array<SrtpSession | undefined> = [];

  start(remote: Endpoint, srtp?: SrtpSession): void {
    this.sessions.push(srtp);
    this.journal.push(`${this.label} start ${remote.address}:${remote.rtpPort}/${remote.rtcpPort}`);
  }

  keep(): void {
    this.journal.push(`${this.label} keep`);
  }

  async pause(): Promise<void> {
    this.journal.push(`${this.label} pause`);
    if (this.failPause) throw new Error('worker lost');
    await (this.holdPause
      ? new Promise<void>((resolve) => {
          this.#release = resolve;
        })
      : Promise.resolve());
    this.journal.push(`${this.label} gated`);
  }

  releasePause(): void {
    this.#release();
  }

  resume(): void {
    this.journal.push(`${this.label} resume`);
  }

  async stats(): Promise<ForkStats> {
    return this.#counters();
  }

  async close(): Promise<ForkStats> {
    this.journal.push(`${this.label} close`);
    if (this.hangs) await new Promise(() => {});
    return this.#counters();
  }

  #counters(): ForkStats {
    return {
      packets: 100,
      octets: 17_200,
      dropped: this.dropped,
      crowdedOut: this.crowdedOut,
      cut: this.cut,
      sendErrors: 0,
      recorder: undefined,
    };
  }
}
