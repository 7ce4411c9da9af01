import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedAgent, embeddedAgent } from '../../../src/app/sip';
import { silentLog } from '../../../src/core';
import {
  createRecorder,
  type FinishedRecording,
  type Recorder,
  type RecorderEvent,
  type RecorderOptions,
} from '../../../src/recorder';
import { freeRange } from '../../support/ports';
import { Client } from './client';
import { Speaker } from './speaker';

/** A recorder on a real engine, with clients and speakers; all of them closed at the end of the test. */
export class House {
  readonly events: RecorderEvent[] = [];
  readonly #clients: Client[] = [];
  readonly #speakers: Speaker[] = [];
  readonly #waiting: Array<() => void> = [];

  private constructor(
    readonly directory: string,
    private readonly own: boolean,
    readonly line: EmbeddedAgent,
    readonly recorder: Recorder,
  ) {
    recorder.onEvent((event) => {
      this.events.push(event);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async open(options: Partial<RecorderOptions> = {}): Promise<House> {
    const own = options.directory === undefined;
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'recorder-'));
    const line = await embeddedAgent({
      listen: [
        { protocol: 'tcp', address: '127.0.0.1', port: 0 },
        { protocol: 'udp', address: '127.0.0.1', port: 0 },
      ],
      userAgent: 'recorder',
      log: silentLog,
    });
    const recorder = createRecorder({
      agent: line.agent,
      directory,
      rtp: { address: '127.0.0.1', ports: await freeRange(100) },
      log: silentLog,
      ...options,
    });
    return new House(directory, own, line, recorder);
  }

  uri(protocol: 'udp' | 'tcp' = 'tcp'): string {
    const address = this.line.agent.listening.find((one) => one.startsWith(protocol));
    return `sip:recorder@${address?.slice(4)};transport=${protocol}`;
  }

  async client(protocol: 'udp' | 'tcp' = 'tcp'): Promise<Client> {
    const client = await Client.open(this.uri(protocol), protocol);
    this.#clients.push(client);
    return client;
  }

  async speaker(address?: string): Promise<Speaker> {
    const speaker = await Speaker.open(address);
    this.#speakers.push(speaker);
    return speaker;
  }

  /** The nth event of a kind, now or when it comes; fails loudly when it does not. */
  async event<Kind extends RecorderEvent['kind']>(kind: Kind, nth = 1) {
    const late = AbortSignal.timeout(30_000);
    for (;;) {
      const event = this.events.filter((one) => one.kind === kind)[nth - 1];
      if (event) return event as Extract<RecorderEvent, { kind: Kind }>;
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        late.onabort = () => reject(new Error(`no ${kind}`));
      });
    }
  }

  async finished(): Promise<FinishedRecording> {
    return (await this.event('finished')).recording;
  }

  async close(): Promise<void> {
    for (const speaker of this.#speakers) speaker.close();
    for (const client of this.#clients) await client.close();
    await this.recorder.close();
    await this.line.close();
    if (this.own) rmSync(this.directory, { recursive: true, force: true });
  }
}
