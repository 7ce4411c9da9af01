import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault, SystemClock, silentLog } from '../../src/core';
import { growingWavHeader } from '../../src/media';
import type { FinishedRecording } from '../../src/recorder';
import type { IntakeThread } from '../../src/recorder/intake/thread';
import { LiveRecording } from '../../src/recorder/live-recording';
import type { Dialog, IncomingInvite } from '../../src/ua';
import { described, endpointOf } from './support/client';
import { House } from './support/house';
import { speech } from './support/signal';

const OFFER =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendonly\r\n';

/** A recording whose intake and caller do as they are told. */
function staged(directory: string, ask: (name: string) => Promise<unknown>) {
  const dialog = { bye: async () => undefined } as unknown as Dialog;
  const invite = {
    callId: 'c1',
    uri: 'sip:rec@host',
    source: { protocol: 'tcp', address: '192.0.2.1', port: 5060 },
    header: () => undefined,
    accept: async () => dialog,
    onCancel: undefined as (() => void) | undefined,
  };
  let told = (_recording: FinishedRecording): void => undefined;
  const finished = new Promise<FinishedRecording>((resolve) => {
    told = resolve;
  });
  const base = join(directory, '2026/01/15/140307-9f3a1c2b');
  const live = new LiveRecording(
    '20260115-140307-9f3a1c2b',
    base,
    {
      invite: invite as unknown as IncomingInvite,
      body: { sdp: OFFER, metadata: undefined, problem: undefined },
      offer: described(OFFER),
    },
    {
      intake: () => ({ ask }) as unknown as IntakeThread,
      clock: new SystemClock(),
      log: silentLog,
      address: '192.0.2.9',
    },
    { onStarted: () => undefined, onFinished: (_live, recording) => told(recording) },
  );
  return { live, invite, dialog, base, finished };
}

const PORTS = [{ line: 0, local: { address: '192.0.2.9', rtpPort: 5000, rtcpPort: 5001 } }];

describe('a recording', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'live-'));
    mkdirSync(join(directory, '2026/01/15'), { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('whose intake dies is kept as far as it went', async () => {
    const { live, base, dialog, finished } = staged(directory, async (name) => {
      if (name === 'open') return PORTS;
      throw new Fault('MEDIA_WORKER_LOST');
    });
    await live.open();
    const header = growingWavHeader({ rate: 8000, channels: 1, dataBytes: undefined });
    const part = `${base}.wav.part`;
    writeFileSync(part, Buffer.concat([header, Buffer.alloc(16_001)]));
    dialog.onEnd!({ by: 'peer', message: undefined });
    const recording = await finished;
    expect(recording).toMatchObject({
      state: 'failed',
      recovered: false,
      durationMs: 1000,
      end: { by: 'client' },
      failure: expect.stringContaining('worker'),
      audio: `${base}.wav`,
    });
    expect(JSON.parse(readFileSync(recording.sidecar, 'utf8'))).toMatchObject({ state: 'failed' });
    expect(readFileSync(recording.audio)).toHaveLength(80 + 16_000);
    await live.closed;
  });

  it('that is cancelled while it is opened leaves nothing behind', async () => {
    const asked: string[] = [];
    const { live, invite } = staged(directory, async (name) => {
      asked.push(name);
      if (name === 'open') invite.onCancel?.();
      return PORTS;
    });
    await live.open();
    await live.closed;
    expect(asked).toEqual(['open', 'discard']);
    expect(readdirSync(join(directory, '2026/01/15'))).toEqual([]);
  });

  it('that cannot be opened says so to its caller', async () => {
    const { live } = staged(directory, async () => {
      throw new Fault('PORTS_EXHAUSTED');
    });
    await expect(live.open()).rejects.toThrow(Fault);
    await live.closed;
    expect(live.document).toBeUndefined();
  });
});

it('a recording whose files are taken away under it ends as failed, and the recorder goes on', async () => {
  const house = await House.open();
  try {
    const client = await house.client();
    const alice = await house.speaker();
    const answered = await client.invite(client.describe([{ from: alice.endpoint }]));
    const [line] = described(answered.response.body).media;
    await alice.speak({ samples: speech('alice', 1) }, endpointOf(line!));
    const { recording } = await house.event('started');
    unlinkSync(recording.audio);
    await client.dialog!.bye();
    const finished = await house.finished();
    expect(finished).toMatchObject({ state: 'failed', failure: expect.stringContaining('ENOENT') });
    const again = await client.invite(client.describe([{ from: alice.endpoint }]));
    expect(again.kind).toBe('accepted');
    await client.dialog!.bye();
    await house.event('finished', 2);
    expect(house.recorder.usage()).toMatchObject({ live: 0, finished: 1, failed: 1 });
  } finally {
    await house.close();
  }
});
