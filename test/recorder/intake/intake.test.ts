import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { correlate, type PayloadDescription, readWav } from '../../../src/media';
import { Intake } from '../../../src/recorder/intake/intake';
import type {
  FromIntake,
  LineOrder,
  RequestName,
  Requests,
  ToIntake,
} from '../../../src/recorder/intake/messages';
import { IntakeThread } from '../../../src/recorder/intake/thread';
import { freePort, freeRange } from '../../support/ports';
import { peak, speech } from '../support/signal';
import { Speaker } from '../support/speaker';

const PCMU: PayloadDescription = {
  payloadType: 0,
  codec: 'PCMU',
  clockRate: 8000,
  channels: 1,
  fmtp: undefined,
};
const CELT = { ...PCMU, payloadType: 96, codec: 'CELT', clockRate: 48_000 };

const order = (
  line: number,
  remote: LineOrder['remote'],
  more: Partial<LineOrder> = {},
): LineOrder => ({
  line,
  label: String(line + 1),
  channel: line,
  active: true,
  payloads: [PCMU],
  remote,
  srtp: undefined,
  ...more,
});

/** Says so many packets from another process while this one stands still: they wait in its sockets. */
function sayMeanwhile(packets: number, first: number, from: number, port: number): void {
  const script = `
    const socket = require('node:dgram').createSocket('udp4');
    let left = ${packets};
    socket.bind(${from}, '127.0.0.1', () => {
      for (let n = ${first}; n < ${first + packets}; n++) {
        const packet = Buffer.alloc(172, 0x55);
        packet.writeUInt16BE(0x8000, 0);
        packet.writeUInt16BE(n, 2);
        packet.writeUInt32BE(160 * n, 4);
        packet.writeUInt32BE(7, 8);
        socket.send(packet, ${port}, '127.0.0.1', () => --left === 0 && socket.close());
      }
    });`;
  execFileSync(process.execPath, ['-e', script]);
}

describe('an intake that had no time to read', () => {
  let directory: string;
  let intake: Intake;
  const answers = new Map<number, (message: FromIntake) => void>();

  beforeEach(async () => {
    jest.useFakeTimers({
      doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'],
    });
    directory = mkdtempSync(join(tmpdir(), 'intake-'));
    const birth = { address: '127.0.0.1', ports: await freeRange(100), cname: 'recorder@test' };
    intake = new Intake(birth, (message) => {
      if ('number' in message) answers.get(message.number)?.(message);
    });
  });

  afterEach(() => {
    // Its sockets are closed when they have rested.
    jest.advanceTimersByTime(10_000);
    jest.useRealTimers();
    rmSync(directory, { recursive: true });
  });

  function ask<Name extends RequestName>(
    name: Name,
    body: Omit<Requests[Name]['ask'], 'id'>,
  ): Promise<Requests[Name]['answer']> {
    const number = answers.size;
    return new Promise((resolve, reject) => {
      answers.set(number, (message) => {
        if (message.kind === 'answer') resolve(message.body as Requests[Name]['answer']);
        else reject(new Error(JSON.stringify(message)));
      });
      void intake.take({ number, name, body: { id: 'x', ...body } } as ToIntake);
    });
  }

  it('records what came before the end, and nothing of what came before a pause was over', async () => {
    const active = [order(0, undefined)];
    const [line] = await ask('open', {
      path: join(directory, 'x'),
      rate: 8000,
      channels: 1,
      lines: active,
    });
    const port = line!.local.rtpPort;
    const from = await freePort();
    sayMeanwhile(100, 0, from, port);
    await ask('change', { lines: [order(0, undefined, { active: false })] });
    sayMeanwhile(40, 100, from, port);
    await ask('change', { lines: active });
    sayMeanwhile(100, 140, from, port);
    const { lines } = await ask('finish', {});
    expect(lines).toMatchObject([{ packets: 100, whilePaused: 140 }]);
  });
});

describe('the intake', () => {
  let directory: string;
  let intake: IntakeThread;
  let speakers: Speaker[];
  const failures: string[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'intake-'));
    failures.length = 0;
    intake = new IntakeThread(
      { address: '127.0.0.1', ports: await freeRange(100), cname: 'recorder@test' },
      {
        onFailed: (_id, reason) => failures.push(reason),
        onProgress: () => undefined,
        onBug: (error) => failures.push(error),
        onDeath: (reason) => failures.push(reason),
      },
    );
    speakers = await Promise.all([Speaker.open(), Speaker.open()]);
  });

  afterEach(async () => {
    for (const speaker of speakers) speaker.close();
    await intake.close();
    rmSync(directory, { recursive: true });
    expect(failures).toEqual([]);
  });

  const open = (lines: LineOrder[], rate = 8000) =>
    intake.ask('open', {
      id: 'x',
      path: join(directory, 'a/b/x'),
      rate,
      channels: lines.length,
      lines,
    });

  it('records what two speakers say, each on its channel, and answers with reports', async () => {
    const [alice, bob] = speakers as [Speaker, Speaker];
    const [one, two] = await open([order(0, alice.endpoint), order(1, bob.endpoint)]);
    expect(one!.local.rtpPort % 2).toBe(0);
    expect(one!.local.rtcpPort).toBe(one!.local.rtpPort + 1);
    const said = [speech('alice', 6), speech('bob', 6)] as const;
    await Promise.all([
      alice.speak({ samples: said[0], ssrc: 1, reportEveryMs: 2000 }, one!.local),
      bob.speak({ samples: said[1], ssrc: 2, reportEveryMs: 2000 }, two!.local),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { sha256, lines, durationMs, failure } = await intake.ask('finish', { id: 'x' });

    expect(readdirSync(join(directory, 'a/b'))).toEqual(['x.wav.part']);
    const file = readFileSync(join(directory, 'a/b/x.wav.part'));
    expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
    const { rate, channels } = readWav(file);
    expect([rate, channels.length]).toEqual([8000, 2]);
    expect(channels[0]!.length / 8).toBeCloseTo(durationMs, 0);
    expect(durationMs).toBeGreaterThan(6000);
    const found = channels.map((channel, index) => correlate(said[index]!, channel, rate));
    for (const { coefficient } of found) expect(coefficient).toBeGreaterThan(0.99);
    expect(Math.abs(found[0]!.offsetMs - found[1]!.offsetMs)).toBeLessThan(20);
    expect(lines).toMatchObject([
      { packets: 300, lost: 0, ssrcs: [1], aligned: 'sender-reports' },
      { packets: 300, lost: 0, ssrcs: [2], aligned: 'sender-reports' },
    ]);
    expect(failure).toBeUndefined();
    const report = alice.control.find(({ kind }) => kind === 'receiver-report');
    expect(report).toMatchObject({ reports: [{ ssrc: 1, lost: 0 }] });
    expect(alice.control).toContainEqual(
      expect.objectContaining({
        kind: 'source-description',
        sources: [expect.objectContaining({ cname: 'recorder@test' })],
      }),
    );
  });

  it('keeps the packets of a codec that it does not decode, and refuses strangers', async () => {
    const [alice, mallory] = speakers as [Speaker, Speaker];
    const [line] = await open([order(0, alice.endpoint, { payloads: [CELT] })]);
    const samples = speech('alice', 1);
    await alice.speak({ samples, payloadType: 96, clockRate: 48_000 }, line!.local);
    await mallory.speak({ samples: samples.subarray(0, 1600), ssrc: 9 }, line!.local);
    mallory.rtp.send('garbage', line!.local.rtpPort, '127.0.0.1');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { lines, pcap } = await intake.ask('finish', { id: 'x' });
    expect(lines).toMatchObject([{ packets: 50, strangers: 10, malformed: 1, ssrcs: [0x1234] }]);
    expect(pcap).toBe(true);
    expect(readdirSync(join(directory, 'a/b'))).toEqual(['x.pcap.part', 'x.wav.part']);
    expect(peak(readWav(readFileSync(join(directory, 'a/b/x.wav.part'))).channels[0]!)).toBe(0);
  });

  it('leaves nothing behind of a recording that is discarded', async () => {
    await open([order(0, undefined)]);
    await intake.ask('discard', { id: 'x' });
    expect(readdirSync(join(directory, 'a/b'))).toEqual([]);
  });

  it('says why it cannot open a recording, and goes on', async () => {
    const lines = [order(0, undefined)];
    const shape = { id: 'y', rate: 8000, channels: 1, lines };
    await expect(
      intake.ask('open', { ...shape, path: join(__filename, 'y') }),
    ).rejects.toMatchObject({
      code: 'RECORDING_NOT_WRITABLE',
    });
    await expect(intake.ask('report', { id: 'nobody' })).rejects.toThrow('nobody');
    await expect(open(lines)).resolves.toHaveLength(1);
  });
});
