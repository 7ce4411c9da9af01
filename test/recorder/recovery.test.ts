import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { correlate, readWav } from '../../src/media';
import { ChildRecorder } from './support/child-recorder';
import { Client, conversation, described, endpointOf } from './support/client';
import { House } from './support/house';
import { cut, speech } from './support/signal';
import { Speaker } from './support/speaker';

describe('a recorder that is killed in mid-recording', () => {
  let directory: string;
  let child: ChildRecorder;
  let client: Client;
  let speakers: [Speaker, Speaker];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'killed-'));
    speakers = [await Speaker.open(), await Speaker.open()];
  });

  afterEach(async () => {
    for (const speaker of speakers) speaker.close();
    await client.close();
    await child.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  async function session(limitKiB?: number) {
    child = await ChildRecorder.start(directory, limitKiB);
    client = await Client.open(await child.uri());
    const offer = client.describe(speakers.map(({ endpoint }) => ({ from: endpoint })));
    const answered = await client.invite(offer, conversation());
    return described(answered.response.body).media.map(endpointOf);
  }

  it('loses less than the last second: the next one mends the recording', async () => {
    const endpoints = await session();
    const words = [speech('alice', 20), speech('bob', 20)] as const;
    const stop = new AbortController();
    const speaking = speakers.map((speaker, i) =>
      speaker.speak({ samples: words[i]!, ssrc: i + 1 }, endpoints[i]!, stop.signal),
    );
    // At a moment at which less than a second of what has been said is not in the file.
    const { recording: begun } = await child.told('started');
    const saidMs = (): number => Math.min(...speakers.map((speaker) => speaker.said)) * 20;
    const keptMs = (): number => (statSync(begun!.audio).size - 80) / 32;
    while (saidMs() < 3000 || keptMs() < saidMs() - 1000) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const said = saidMs();
    await child.kill();
    stop.abort();
    await Promise.all(speaking);

    const house = await House.open({ directory });
    try {
      const [recording, ...others] = await house.recorder.recover();
      expect(others).toEqual([]);
      expect(recording).toMatchObject({
        state: 'finished',
        recovered: true,
        end: { by: 'lost' },
        participants: [{ name: 'Alice' }, { name: 'Bob' }],
        metadata: [{ document: conversation() }],
      });
      const file = readFileSync(recording!.audio);
      expect(createHash('sha256').update(file).digest('hex')).toBe(recording!.wav.sha256);
      const { rate, channels } = readWav(file);
      expect(channels[0]!.length / rate).toBeGreaterThanOrEqual((said - 1000) / 1000);
      expect(execFileSync('soxi', ['-s', recording!.audio], { encoding: 'utf8' }).trim()).toBe(
        String(channels[0]!.length),
      );
      channels.forEach((channel, i) => {
        // All but the last second of what had been said is there.
        const found = correlate(cut(words[i]!, rate, 0, said - 1100), channel, rate);
        expect(found.coefficient).toBeGreaterThan(0.98);
      });
      await expect(house.recorder.recordings()).resolves.toMatchObject([{ id: recording!.id }]);
      await expect(house.recorder.recover()).resolves.toEqual([]);
    } finally {
      await house.close();
    }
  });

  it('leaves what can be mended without its sidecar, and with half a sample at the end', async () => {
    const endpoints = await session();
    await speakers[0].speak({ samples: speech('alice', 1) }, endpoints[0]!);
    const { recording } = await child.told('started');
    await child.kill();
    const { sidecar, audio, id } = recording!;
    writeFileSync(sidecar, '{"version": 1, "id":');
    truncateSync(audio, readFileSync(audio).length - 1);
    const house = await House.open({ directory });
    try {
      const [mended] = await house.recorder.recover();
      expect(mended).toMatchObject({ id, recovered: true, wav: { rate: 8000, channels: 2 } });
      expect(readWav(readFileSync(mended!.audio)).channels).toHaveLength(2);
    } finally {
      await house.close();
    }
  });

  it('on a full disk says so, goes on, and keeps what it could write', async () => {
    // 64 KiB is two seconds of two channels.
    const endpoints = await session(64);
    const said = speech('alice', 5);
    await Promise.all(
      speakers.map((speaker, i) => speaker.speak({ samples: said, ssrc: i + 1 }, endpoints[i]!)),
    );
    const { recording } = await child.told('failed');
    expect(recording).toMatchObject({
      state: 'recording',
      failure: expect.stringMatching(/EFBIG/),
    });
    const status = await client.dialog!.request('OPTIONS').then((response) => response.status);
    expect(status).toBe(200);
    await client.dialog!.bye();
    const finished = (await child.told('finished')).recording!;
    expect(finished).toMatchObject({
      state: 'failed',
      failure: expect.stringMatching(/EFBIG/),
      streams: [{ packets: 250 }, { packets: 250 }],
    });
    expect(JSON.parse(readFileSync(finished.sidecar, 'utf8'))).toMatchObject({ state: 'failed' });
    const { channels, rate } = readWav(readFileSync(finished.audio));
    expect(correlate(cut(said, rate, 0, 1500), channels[0]!, rate).coefficient).toBeGreaterThan(
      0.98,
    );
  });
});

it('a recorder that cannot write at all refuses sessions, so that the client can go elsewhere', async () => {
  const house = await House.open({ directory: join(__filename, 'nowhere') });
  try {
    const client = await house.client();
    const alice = await house.speaker();
    const refused = await client.invite(
      client.describe([{ from: alice.endpoint }]),
      conversation(),
    );
    expect(refused).toMatchObject({ kind: 'rejected', response: { status: 503 } });
    expect(refused.response.header('warning')).toContain('RECORDING_NOT_WRITABLE');
    expect(house.recorder.usage()).toMatchObject({ live: 0, refused: 1 });
  } finally {
    await house.close();
  }
});
