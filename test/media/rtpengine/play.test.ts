import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  correlate,
  decodePcmu,
  G722Decoder,
  type MediaLine,
  type Program,
  Resampler,
  type StreamFormat,
} from '../../../src/media';
import type { Party } from '../support/party';
import { Stage, until } from './stage';

const PCMU: StreamFormat = { payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 };
const G722: StreamFormat = { payloadType: 9, codec: 'G722', clockRate: 8000, channels: 1 };
const G729: StreamFormat = { payloadType: 18, codec: 'G729', clockRate: 8000, channels: 1 };

/** A sweep, like nothing that is said here, at 16 kHz. */
function sweep(ms: number): Int16Array {
  return Int16Array.from({ length: ms * 16 }, (_, i) => {
    const t = i / 16_000;
    return Math.round(9_000 * Math.sin(2 * Math.PI * (300 * t + 900 * t * t)));
  });
}

function announcement(ms: number, more: Partial<Program> = {}): Program {
  return { kind: 'replace', formats: [PCMU], sound: { pcm: sweep(ms) }, ...more };
}

/** Speech of the other party: packets of one octet each, 20 ms apart. */
class Talk {
  readonly #timer: NodeJS.Timeout;

  constructor(party: Party, line: MediaLine, side: 'a' | 'b', octet: number) {
    this.#timer = setInterval(() => {
      party.speak(line.local[side], { payload: Buffer.alloc(160, octet) });
    }, 20);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** What a party was played: the packets of another source than the party it talks to. */
function played(listener: Party, speaker: Party): Buffer[] {
  const packets = listener.rtp.received.map(({ bytes }) => bytes);
  return packets.filter((bytes) => bytes.readUInt32BE(8) !== speaker.ssrc);
}

function payloadsOf(packets: readonly Buffer[]): Buffer {
  return Buffer.concat(packets.map((bytes) => bytes.subarray(12)));
}

function at8k(pcm: Int16Array): Int16Array {
  return new Resampler(16_000, 8_000).push(pcm);
}

describe('what rtpengine plays', () => {
  let stage: Stage;
  let talk: Talk | undefined;
  afterEach(async () => {
    talk?.stop();
    await stage.close();
  });

  async function callee(): Promise<{ line: MediaLine; caller: Party; callee: Party }> {
    const call = await stage.call();
    talk = new Talk(call.caller, call.line, 'a', 77);
    await until('the caller is heard', () => call.callee.rtp.received.length > 3);
    return call;
  }

  test('is heard by its listener in the place of the other party, who is recorded all the same', async () => {
    stage = await Stage.open();
    const { line, caller, callee: listener } = await callee();
    const recorder = await stage.party();
    const fork = await line.fork('a', { bind: '127.0.0.1' });
    fork.start(recorder.endpoint);
    await fork.stats();
    const before = Date.now();
    const playback = await line.play('b', announcement(1_000));
    const { rounds } = await playback.done;
    expect(rounds).toMatchObject([{ complete: true }]);
    expect(rounds[0]!.startedAt).toBeGreaterThanOrEqual(before);
    expect(rounds[0]!.endedAt - rounds[0]!.startedAt).toBeGreaterThanOrEqual(990);
    const packets = listener.rtp.received.map(({ bytes }) => bytes);
    const first = packets.findIndex((bytes) => bytes.readUInt32BE(8) !== caller.ssrc);
    const length = played(listener, caller).length;
    // Nothing of the caller between the first packet of the sound and the last.
    const during = packets.slice(first, first + length);
    expect(during.every((bytes) => bytes.readUInt32BE(8) !== caller.ssrc)).toBe(true);
    const heard = decodePcmu(payloadsOf(played(listener, caller)));
    const match = correlate(at8k(sweep(1_000)), heard, 8_000);
    expect(match.coefficient).toBeGreaterThan(0.97);
    expect(Math.abs(match.offsetMs)).toBeLessThan(5);
    const after = listener.rtp.received.length;
    await until('the caller is heard again', () => listener.rtp.received.length > after + 5);
    expect(listener.rtp.received.slice(-3).every(({ bytes }) => bytes[12] === 77)).toBe(true);
    // The recording has every packet of the caller, and nothing else.
    const recorded = recorder.rtp.received.map(({ bytes }) => bytes);
    expect(recorded.every((bytes) => bytes[12] === 77)).toBe(true);
    const numbers = recorded.map((bytes) => bytes.readUInt16BE(2));
    expect(numbers.every((number, i) => i === 0 || number === numbers[i - 1]! + 1)).toBe(true);
    expect(caller.rtp.received).toHaveLength(0);
  });

  test('is heard by both at once, and then they hear each other again, and a copy asked for before flows', async () => {
    stage = await Stage.open();
    const { line, caller, callee: listener } = await callee();
    const recorder = await stage.party();
    const fork = await line.fork('a', { bind: '127.0.0.1' });
    const both = await Promise.all([
      line.play('a', announcement(300)),
      line.play('b', announcement(300)),
    ]);
    fork.start(recorder.endpoint);
    const played = await Promise.all(both.map(({ done }) => done));
    expect(played.map(({ rounds }) => rounds.length)).toEqual([1, 1]);
    const after = listener.rtp.received.length;
    await until('the caller is heard again', () => listener.rtp.received.length > after + 5);
    listener.speak(line.local.b, { payload: Buffer.alloc(160, 88) });
    await until('the callee too', () => caller.rtp.received.some(({ bytes }) => bytes[12] === 88));
    await until('the copy flows', () => recorder.rtp.received.length > 5);
    expect(stage.plane.available).toBe(true);
  });

  test('is in the codec that the listener prefers', async () => {
    stage = await Stage.open();
    const { line, caller, callee: listener } = await callee();
    await (await line.play('b', announcement(600, { formats: [G722, PCMU] }))).done;
    const packets = played(listener, caller);
    expect(new Set(packets.map((bytes) => bytes[1]! & 0x7f))).toEqual(new Set([9]));
    const decoder = new G722Decoder();
    const heard = decoder.decode(payloadsOf(packets));
    expect(correlate(sweep(600), heard, 16_000).coefficient).toBeGreaterThan(0.95);
  });

  test('may be in a codec that only rtpengine speaks', async () => {
    stage = await Stage.open();
    const { line, caller, callee: listener } = await callee();
    await (await line.play('b', announcement(300, { formats: [G729] }))).done;
    const packets = played(listener, caller);
    expect(packets.length).toBeGreaterThan(12);
    expect(new Set(packets.map((bytes) => bytes[1]! & 0x7f))).toEqual(new Set([18]));
  });

  test('stops when it is told to, and says that it was cut short', async () => {
    stage = await Stage.open();
    const { line, caller, callee: listener } = await callee();
    const playback = await line.play('b', announcement(7_000));
    await until('it is heard', () => played(listener, caller).length > 5);
    playback.stop();
    const { rounds } = await playback.done;
    expect(rounds).toMatchObject([{ complete: false }]);
    const count = played(listener, caller).length;
    const after = listener.rtp.received.length;
    await until('the caller is heard again', () => listener.rtp.received.length > after + 5);
    expect(played(listener, caller).length).toBeLessThanOrEqual(count + 2);
    expect(count).toBeLessThan(340);
  });

  test('follows what is being played, and the caller is not heard in between', async () => {
    stage = await Stage.open();
    const { line, callee: listener } = await callee();
    const first = await line.play('b', announcement(300));
    const second = await line.play('b', announcement(300));
    const [one, two] = await Promise.all([first.done, second.done]);
    expect(two.rounds[0]!.startedAt).toBeGreaterThanOrEqual(one.rounds[0]!.endedAt);
    expect(listener.rtp.received.length).toBeGreaterThan(30);
  });

  test('is repeated from deadline to deadline', async () => {
    stage = await Stage.open({ tonesReplaceSpeech: true });
    const { line, caller, callee: listener } = await callee();
    const playback = await line.play(
      'b',
      announcement(200, { kind: 'mix', repeat: { everyMs: 500, firstAfterMs: 100 } }),
    );
    await until('it is heard three times', () => played(listener, caller).length > 25);
    playback.stop();
    const starts = (await playback.done).rounds.map(({ startedAt }) => startedAt);
    expect(starts.length).toBeGreaterThanOrEqual(3);
    // Between rounds the caller is heard.
    const heard = listener.rtp.received.map(({ bytes }) => bytes.readUInt32BE(8) === caller.ssrc);
    expect(
      heard
        .join()
        .split('false')
        .filter((part) => part.includes('true')).length,
    ).toBeGreaterThanOrEqual(3);
  });

  test('is never mixed: a tone is refused unless it may stand in the place of speech', async () => {
    stage = await Stage.open();
    const { line } = await stage.call();
    await expect(line.play('b', announcement(200, { kind: 'mix' }))).rejects.toMatchObject({
      code: 'ANNOUNCEMENT_NOT_POSSIBLE',
      message: expect.stringContaining('rtpengine cannot mix'),
    });
  });

  test('fits a command for eight seconds, or is a file that the node reads', async () => {
    stage = await Stage.open();
    const long = announcement(9_000);
    const { line } = await stage.call();
    await expect(line.play('b', long)).rejects.toMatchObject({
      code: 'ANNOUNCEMENT_NOT_POSSIBLE',
      message: expect.stringContaining('media.rtpengine.soundDirectory'),
    });
    await stage.close();
    const directory = await mkdtemp(join(tmpdir(), 'twintrack-sounds-'));
    try {
      stage = await Stage.open({ sounds: { directory, seenAs: directory } });
      const call = await callee();
      const playback = await call.line.play('b', long);
      await until('it is heard', () => played(call.callee, call.caller).length > 40);
      playback.stop();
      expect((await playback.done).rounds).toHaveLength(1);
      const heard = decodePcmu(payloadsOf(played(call.callee, call.caller).slice(0, 40)));
      expect(correlate(heard, at8k(long.sound.pcm), 8_000).coefficient).toBeGreaterThan(0.97);
      expect(await readdir(directory)).toEqual([expect.stringMatching(/^twintrack-.*\.wav$/)]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('says why when rtpengine cannot play it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'twintrack-sounds-'));
    try {
      stage = await Stage.open({ sounds: { directory, seenAs: '/nowhere' } });
      const { line } = await stage.call();
      await expect(line.play('b', announcement(200))).rejects.toMatchObject({
        code: 'ANNOUNCEMENT_NOT_POSSIBLE',
        message: expect.stringContaining('Failed to start media playback'),
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('ends with its line', async () => {
    stage = await Stage.open();
    const { line } = await stage.call();
    const playback = await line.play('b', announcement(5_000));
    await line.close();
    expect((await playback.done).rounds).toMatchObject([{ complete: false }]);
  });
});
