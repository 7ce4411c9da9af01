import {
  buildRtcp,
  correlate,
  decodePcmu,
  encodePcmu,
  type Fork,
  G722Decoder,
  G722Encoder,
  type MediaLine,
  type Played,
  parseRtcp,
  parseRtp,
  type RtpPacket,
  type StreamFormat,
} from '../../../../src/media';
import type { Party } from '../../support/party';
import { BACKENDS, Stage } from '../../support/plane';
import { CELT, EVENTS, PCMU, steps, tone, tones } from './stage';

const BIND = { a: '127.0.0.1', b: '127.0.0.1' };
const G722: StreamFormat = { payloadType: 9, codec: 'G722', clockRate: 8000, channels: 1 };

const LOSSLESS = { fractionLost: 0, lost: 0, jitter: 0, lastSr: 0, delaySinceLastSr: 0 };

/** A telephone event: it passes whatever plays, so that who got it got everything. */
const LAST_WORD = { payloadType: 101, payload: Buffer.from([11, 0x8a, 1, 64]) };

/** Nobody talks longer. */
const LONGEST_MS = 3_000;

/** What a party says: a frequency of its own. */
function saying(format: StreamFormat, frequency: number): (frame: number) => Buffer {
  const encoder = new G722Encoder();
  const rate = format.codec === 'G722' ? 16_000 : 8_000;
  return (frame) => {
    const samples = Int16Array.from({ length: rate / 50 }, (_, n) =>
      Math.round(6000 * Math.sin((2 * Math.PI * frequency * (n + (frame * rate) / 50)) / rate)),
    );
    return Buffer.from(format.codec === 'G722' ? encoder.encode(samples) : encodePcmu(samples));
  };
}

/** Samples at 8 kHz; of G.722 every second one, which is enough to look for tones below 2 kHz. */
function decoded(packets: readonly RtpPacket[], { codec, payloadType }: StreamFormat): Int16Array {
  const speech = packets.filter((packet) => packet.payloadType === payloadType);
  const payload = Buffer.concat(speech.map((packet) => packet.payload));
  if (codec === 'PCMU') return decodePcmu(payload);
  return new G722Decoder().decode(payload).filter((_, n) => n % 2 === 0);
}

const CASES = BACKENDS.flatMap((backend) => [PCMU, G722].map((format) => ({ backend, format })));

describe.each(CASES)(
  'playing on a line of the $backend backend in $format.codec',
  ({ backend, format }) => {
    let stage: Stage;
    let line: MediaLine;
    let caller: Party;
    let callee: Party;
    /** What they have to say, packet by packet. */
    const words = { a: [] as Buffer[], b: [] as Buffer[] };

    // Before anybody has to be in time: where others are on this core as well, a frame of G.722 may take 20 ms.
    beforeAll(() => {
      const frames = Array.from({ length: LONGEST_MS / 20 }, (_, frame) => frame);
      words.a = frames.map(saying(format, 310));
      words.b = frames.map(saying(format, 530));
    });
    beforeEach(async () => {
      stage = await Stage.open(backend);
      await connect();
    });
    afterEach(() => stage.close());

    async function connect(): Promise<void> {
      caller = await stage.party({ ssrc: 1 });
      callee = await stage.party({ ssrc: 2 });
      line = await stage.plane.open({
        callId: 'call',
        bind: BIND,
        clockRates: { 0: 8000, 9: 8000 },
      });
      line.expect('a', caller.endpoint);
      line.expect('b', callee.endpoint);
    }

    const sent = { a: [] as Buffer[], b: [] as Buffer[] };
    /** The worst that a packet was late in leaving, milliseconds: no relay can make up for it. */
    let late = 0;

    /** Both parties speak for so long, a packet each 20 ms by the clock. */
    async function talk(ms: number): Promise<void> {
      sent.a = [];
      sent.b = [];
      late = 0;
      const { payloadType } = format;
      const start = performance.now();
      for (let frame = 0; frame < ms / 20; frame++) {
        const wait = start + 20 * frame - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        sent.a.push(caller.speak(line.local.a, { payloadType, payload: words.a[frame]! }));
        sent.b.push(callee.speak(line.local.b, { payloadType, payload: words.b[frame]! }));
        // A socket of Node sends when whoever called it is done.
        await new Promise<void>((left) => process.nextTick(left));
        late = Math.max(late, performance.now() - start - 20 * frame);
      }
      sent.a.push(caller.speak(line.local.a, LAST_WORD));
      sent.b.push(callee.speak(line.local.b, LAST_WORD));
      for (const party of [caller, callee]) {
        while ((await party.rtp.nextRtp()).payloadType !== LAST_WORD.payloadType);
      }
    }

    /** The relay fills in for a speaker who is late by so much, at a tone. */
    const TOO_LATE_MS = 40;

    /** What comes of it when the speakers were in time, which on a busy machine may take some tries. */
    async function undisturbed<Outcome>(scene: () => Promise<Outcome>): Promise<Outcome> {
      for (let tries = 1; ; tries++) {
        const outcome = await scene();
        const filledIn = packetsTo(caller).length > sent.b.length;
        if (late < TOO_LATE_MS || !filledIn) return outcome;
        if (tries === 10) throw new Error(`the speakers were late each time, now by ${late} ms`);
        await line.close();
        await connect();
      }
    }

    const packetsTo = (party: Party): RtpPacket[] =>
      party.rtp.received.map(({ bytes }) => parseRtp(bytes)!);

    async function forked(side: 'a' | 'b'): Promise<{ fork: Fork; recorder: Party }> {
      const recorder = await stage.party();
      const fork = await line.fork(side, { bind: '127.0.0.1' });
      fork.start(recorder.endpoint);
      return { fork, recorder };
    }

    test('a prompt is heard complete by both, and both are recorded as they spoke', async () => {
      const recorders = [await forked('a'), await forked('b')];
      const sound = { pcm: tone(700) };
      const conversation = talk(2_000);
      await Promise.all([caller.rtp.next(), callee.rtp.next()]);
      const program = { kind: 'replace', formats: [format, EVENTS], sound } as const;
      const before = Date.now();
      const playbacks = [await line.play('a', program), await line.play('b', program)];
      await conversation;
      for (const { done } of playbacks) {
        const { rounds } = await done;
        expect(rounds).toMatchObject([{ complete: true }]);
        const { startedAt, endedAt } = rounds[0]!;
        // Times are those of leaving, which a busy machine may stretch.
        expect(endedAt - startedAt).toBeGreaterThan(600);
        expect(startedAt).toBeGreaterThan(before - 50);
        expect(endedAt).toBeLessThan(Date.now() + 50);
      }
      for (const [party, ssrc] of [[caller, 2] as const, [callee, 1] as const]) {
        const packets = packetsTo(party);
        expect(new Set(packets.map((packet) => packet.ssrc))).toEqual(new Set([ssrc]));
        // One stream: nothing is missing, and a marker stands where the speaker was held up, if anywhere.
        for (const [i, { sequence, timestamp }] of steps(packets).entries()) {
          expect(sequence).toBe(1);
          expect(timestamp).toBeGreaterThanOrEqual(160);
          expect(packets[i + 1]!.marker).toBe(timestamp > 160);
        }
        const samples = decoded(packets, format);
        const [prompt, ...others] = tones(samples);
        expect(others).toEqual([]);
        expect(prompt!.to - prompt!.from).toBeGreaterThanOrEqual(690);
        expect(prompt!.to - prompt!.from).toBeLessThanOrEqual(710);
        const during = samples.subarray((prompt!.from + 20) * 8, (prompt!.to - 20) * 8);
        const pure = sound.pcm.filter((_, n) => n % 2 === 0).subarray(0, during.length);
        expect(correlate(pure, during, 8000).coefficient).toBeGreaterThan(0.98);
      }
      for (const [i, { fork, recorder }] of recorders.entries()) {
        await fork.close();
        for (const said of i === 0 ? sent.a : sent.b) {
          expect((await recorder.rtp.next()).bytes.equals(said)).toBe(true);
        }
      }
    });

    test('a tone is heard at its interval under intact speech, and is not recorded', async () => {
      const { fork, recorder, rounds } = await undisturbed(async () => {
        const copied = await forked('b');
        const playback = await line.play('a', {
          kind: 'mix',
          formats: [format],
          sound: { pcm: tone(200) },
          repeat: { everyMs: 1_000, firstAfterMs: 300 },
        });
        await talk(2_900);
        playback.stop();
        return { ...copied, ...(await playback.done) };
      });
      expect(rounds).toHaveLength(3);
      const packets = packetsTo(caller);
      expect(packets.map(({ sequence }) => sequence)).toEqual(
        sent.b.map((bytes) => parseRtp(bytes)!.sequence),
      );
      const samples = decoded(packets, format);
      const begins = tones(samples).map(({ from }) => from);
      expect(begins).toHaveLength(3);
      begins.forEach((from, round) => {
        // To the packet in virtual time; here both ends of each interval may be late.
        expect(Math.abs(from - begins[0]! - round * 1_000)).toBeLessThanOrEqual(100);
      });
      const plain = decoded(
        sent.b.map((bytes) => parseRtp(bytes)!),
        format,
      );
      expect(correlate(without1400(plain), without1400(samples), 8000).coefficient).toBeGreaterThan(
        0.99,
      );
      await fork.close();
      for (const said of sent.b) expect((await recorder.rtp.next()).bytes.equals(said)).toBe(true);
    });

    test('silence is broken by a tone alone, and the end of a line ends it', async () => {
      const playback = await line.play('a', {
        kind: 'mix',
        formats: [format],
        sound: { pcm: tone(2_000) },
      });
      const first = await caller.rtp.nextRtp();
      const second = await caller.rtp.nextRtp();
      expect([first.marker, second.marker]).toEqual([true, false]);
      expect(steps([first, second])).toEqual([{ sequence: 1, timestamp: 160 }]);
      await line.close();
      const { rounds } = await playback.done;
      expect(rounds).toMatchObject([{ complete: false }]);
      expect(callee.rtp.received).toEqual([]);
    });

    test('RTCP beside it speaks of the stream that is heard', async () => {
      const { done } = await line.play('a', {
        kind: 'replace',
        formats: [format],
        sound: { pcm: tone(60) },
      });
      await done;
      const { payloadType } = format;
      const live = parseRtp(callee.speak(line.local.b, { payloadType }))!;
      const packets = [];
      while (packets.length < 4) packets.push(await caller.rtp.nextRtp());
      const heard = packets.at(-1)!;
      expect(heard.ssrc).toBe(packets[0]!.ssrc);
      const counts = { ntp: 1n, packets: 1, octets: 160, reports: [] };
      const report = { ...counts, kind: 'sender-report', rtpTimestamp: live.timestamp } as const;
      const { local } = line;
      const told = buildRtcp([{ ...report, ssrc: live.ssrc }]);
      callee.rtcp.send(told, local.b.rtcpPort, local.b.address);
      expect(parseRtcp((await caller.rtcp.next()).bytes)).toMatchObject([
        { ssrc: heard.ssrc, rtpTimestamp: heard.timestamp, packets: 4, octets: 640 },
      ]);
      const block = { ...LOSSLESS, ssrc: heard.ssrc, highestSequence: heard.sequence };
      const back = buildRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [block] }]);
      caller.rtcp.send(back, local.a.rtcpPort, local.a.address);
      expect(parseRtcp((await callee.rtcp.next()).bytes)).toMatchObject([
        { ssrc: 1, reports: [{ ssrc: live.ssrc, highestSequence: live.sequence }] },
      ]);
    });

    test('what cannot be played is refused, and what has no line is not played', async () => {
      const program = { kind: 'replace', sound: { pcm: tone(100) } } as const;
      await expect(line.play('a', { ...program, formats: [CELT] })).rejects.toMatchObject({
        code: 'ANNOUNCEMENT_NOT_POSSIBLE',
      });
      await line.close();
      const late = await line.play('a', { ...program, formats: [format] });
      late.stop();
      expect(await late.done).toEqual<Played>({ rounds: [] });
    });
  },
);

/** Takes 1400 Hz away: a sample and its like a third of 2.142 ms later cancel it. */
function without1400(samples: Int16Array): Int16Array {
  const turn = 2 * Math.cos((2 * Math.PI * 1400) / 8000);
  return samples.map((sample, n) =>
    n < 2 ? 0 : (sample - turn * samples[n - 1]! + samples[n - 2]!) / 4,
  );
}
