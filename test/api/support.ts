import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Api,
  type ApiOptions,
  createApi,
  type LiveCall,
  type LiveRecording,
  type StatusSource,
} from '../../src/api';
import type { Recording, StreamFacts } from '../../src/recorder';
import { captureLog } from '../support/captured-log';
import { VirtualClock } from '../support/virtual-clock';

/** A 16-bit PCM WAV file of these samples, one list a channel. */
export function wav(...channels: readonly number[][]): Buffer {
  const frames = channels[0]?.length ?? 0;
  const data = Buffer.alloc(frames * channels.length * 2);
  channels.forEach((samples, channel) => {
    samples.forEach((sample, frame) => {
      data.writeInt16LE(sample, (frame * channels.length + channel) * 2);
    });
  });
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels.length, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000 * channels.length * 2, 28);
  header.writeUInt16LE(channels.length * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

export const aCall: LiveCall = {
  id: 'call-1',
  state: 'answered',
  caller: 'sip:+15550100@pbx.example.com',
  callee: 'sip:bob@example.com',
  startedAt: new Date('2026-01-15T14:00:00Z'),
  answeredAt: new Date('2026-01-15T14:00:05Z'),
  recordings: [recordingOf('+15550100')],
  hearing: [{ listener: 'caller', announcement: 'start', reminderSeconds: undefined }],
};

/** What is recorded of a user, unless told otherwise. */
export function recordingOf(user: string, more: Partial<LiveRecording> = {}): LiveRecording {
  const since = new Date('2026-01-15T14:00:05Z');
  const { side, mode } = { side: 'caller', mode: 'always-pause-resume' } as const;
  return { user, side, mode, state: 'recording', since, pausedBy: undefined, ...more };
}

/** A stream of which everything was received, unless told otherwise. */
export function aStream(more: Partial<StreamFacts>): StreamFacts {
  return {
    line: 0,
    channel: 1,
    shared: false,
    codecs: [],
    ssrcs: [],
    packets: 100,
    octets: 16_000,
    lost: 0,
    duplicates: 0,
    reordered: 0,
    late: 0,
    jitterMs: 0,
    strangers: 0,
    malformed: 0,
    unauthentic: 0,
    replayed: 0,
    whilePaused: 0,
    slippedMs: 0,
    ...more,
  };
}

/** A service with a folder of recordings, whose state a test can change. */
export class Bench {
  readonly root = mkdtempSync(join(tmpdir(), 'twintrack-api-'));
  readonly recordings = join(this.root, 'recordings');
  readonly answered: number[] = [];
  readonly captured = captureLog();
  entries: Recording[] = [];
  calls: LiveCall[] = [];
  reasons: string[] = [];
  #apis: Api[] = [];

  constructor() {
    mkdirSync(this.recordings);
  }

  readonly source: StatusSource = {
    readiness: () => ({ ready: this.reasons.length === 0, reasons: this.reasons }),
    calls: () => this.calls,
    recordings: async ({ limit = 100, state }) =>
      this.entries.filter((one) => state === undefined || one.state === state).slice(0, limit),
    recording: async (id) => this.entries.find((one) => one.id === id),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
  };

  async serve(options: Partial<ApiOptions> = {}): Promise<Api> {
    const api = await createApi({
      host: '127.0.0.1',
      port: 0,
      source: this.source,
      control: async () => 'no-call',
      recordingsDirectory: this.recordings,
      log: this.captured.log,
      onAnswered: (status) => this.answered.push(status),
      clock: new VirtualClock(Date.UTC(2026, 0, 15, 14, 1, 10)),
      ...options,
    });
    this.#apis.push(api);
    return api;
  }

  /** Adds a recording with a file of this content. */
  record(id: string, content: Buffer, more: Partial<Recording> = {}): Recording {
    const audio = join(this.recordings, `${this.entries.length}.wav`);
    const sidecar = join(this.recordings, `${this.entries.length}.json`);
    writeFileSync(audio, content);
    writeFileSync(sidecar, '{}');
    const entry: Recording = {
      version: 1,
      id,
      state: 'finished',
      recovered: false,
      startedAt: '2026-01-15T13:00:00.000Z',
      endedAt: '2026-01-15T13:01:02.400Z',
      durationMs: 62_400,
      wav: { file: 'audio.wav', rate: 8000, channels: 2 },
      sip: {
        callId: 'x@y',
        from: 'sip:src@b2b',
        to: 'sip:rec@srs',
        requestUri: 'sip:rec@srs',
        source: 'tcp/127.0.0.1:5060',
        headers: {},
      },
      participants: [
        { id: 'p1', aors: ['sip:alice@example.com'], name: 'Alice', labels: ['1'], channels: [1] },
        { id: 'p2', aors: ['tel:+15559876'], labels: ['2'], channels: [2] },
      ],
      streams: [],
      pauses: [],
      gaps: [],
      metadata: [],
      audio,
      sidecar,
      ...more,
    };
    this.entries.push(entry);
    return entry;
  }

  async tearDown(): Promise<void> {
    await Promise.all(this.#apis.map((api) => api.close()));
    this.#apis = [];
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

/** Asks as written: unlike fetch, it changes neither the path nor the Host. */
export function ask(
  api: Api,
  path: string,
  {
    body,
    ...options
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = api;
    const outgoing = request(
      { host: '127.0.0.1', port, path, agent: false, ...options },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const body = Buffer.concat(parts);
          const { statusCode: status = 0, headers } = incoming;
          resolve({ status, headers, body, text: body.toString() });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
