import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedAgent, embeddedAgent } from '../../../src/app/sip';
import { type Clock, randomIds, SystemClock, silentLog } from '../../../src/core';
import { type FreeswitchOptions, FreeswitchPrompts } from '../../../src/tones';
import { type CapturedLog, captureLog } from '../../support/captured-log';
import { FreeswitchDouble } from './double';

/** Twintrack's side and a FreeSWITCH, not connected yet. */
export class FreeswitchStage {
  readonly captured: CapturedLog = captureLog();

  private constructor(
    readonly line: EmbeddedAgent,
    readonly freeswitch: FreeswitchDouble,
    readonly directory: string,
  ) {}

  static async open(codecs: readonly string[]): Promise<FreeswitchStage> {
    const line = await embeddedAgent({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      userAgent: 'Twintrack',
      log: silentLog,
    });
    const directory = await mkdtemp(join(tmpdir(), 'announcements-'));
    return new FreeswitchStage(line, await FreeswitchDouble.start(codecs), directory);
  }

  #prompts: FreeswitchPrompts | undefined;

  start(
    options: Partial<FreeswitchOptions> = {},
    clock: Clock = new SystemClock(),
  ): FreeswitchPrompts {
    const { directory, freeswitch, line, captured } = this;
    this.#prompts = new FreeswitchPrompts(
      {
        address: '127.0.0.1',
        port: freeswitch.port,
        secret: 'open sesame',
        profile: 'drachtio_mrf',
        listenAddress: '127.0.0.1',
        listenPort: 0,
        codecs: [],
        directory,
        directoryThere: directory,
        ttsEngine: 'flite',
        voice: 'kal',
        waitMs: 60_000,
        ...options,
      },
      { agent: line.agent, clock, ids: randomIds, log: captured.log },
    );
    this.#prompts.start();
    return this.#prompts;
  }

  /** Connected, and all made that is to be made ahead. */
  async started(options: Partial<FreeswitchOptions> = {}): Promise<FreeswitchPrompts> {
    const prompts = this.start(options);
    const { codecs = [] } = options;
    await until(() => prompts.connected);
    await until(() => this.captured.events('announcements made').length >= codecs.length);
    return prompts;
  }

  /** What was said when something was not made. */
  get reasons(): unknown[] {
    return this.captured.events('announcement not made').map(({ reason }) => reason);
  }

  async close(): Promise<void> {
    this.#prompts?.close();
    await this.freeswitch.stop();
    await this.line.close(0);
    await rm(this.directory, { recursive: true });
  }
}

/** Resolves when it has come true; the test's own time limit is the only other end. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
