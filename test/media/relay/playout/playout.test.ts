import { buildRtcp, correlate, parseRtcp } from '../../../../src/media';
import { fittedRtcp } from '../../../../src/media/relay/playout/playout';
import { CELT, EVENTS, PCMU, PlayoutStage, steps, tone, tones } from './stage';

const STEP = { sequence: 1, timestamp: 160 };
/** Not a harmonic of the tone. */
const voice = (n: number): number => 6000 * Math.sin((2 * Math.PI * 310 * n) / 8000);

describe('a tone mixed into speech', () => {
  test('comes at its interval, to the sample, and the packets keep their numbers', async () => {
    const stage = new PlayoutStage(true);
    const done = stage.play({ repeat: { everyMs: 10_000, firstAfterMs: 1_005 } });
    stage.speak(32_000, voice);
    const heard = tones(stage.heard());
    expect(heard).toHaveLength(4);
    heard.forEach(({ from, to }, round) => {
      expect(Math.abs(from - (1_005 + round * 10_000))).toBeLessThanOrEqual(5);
      expect(to - from).toBeGreaterThanOrEqual(195);
      expect(to - from).toBeLessThanOrEqual(205);
    });
    expect(stage.sent[0]).toMatchObject({ sequence: 500, timestamp: 40_000, ssrc: 77 });
    expect(steps(stage.sent)).toEqual(new Array(1599).fill(STEP));
    expect(stage.sent.some((packet) => packet.marker)).toBe(false);
    stage.playout?.stop(done.id, stage.now);
    const { rounds } = await done;
    expect(rounds).toHaveLength(4);
    expect(rounds[1]).toEqual({ startedAt: 1_021_005, endedAt: 1_021_205, complete: true });
    expect(stage.idled).toBe(1);
    expect(stage.bugs).toEqual([]);
  });

  test('keeps its interval when packets come unevenly', () => {
    const stage = new PlayoutStage(true);
    stage.play({ repeat: { everyMs: 10_000, firstAfterMs: 1_000 } });
    let seed = 1;
    stage.speak(32_000, voice, () => (seed = (seed * 16_807) % 2_147_483_647) % 40);
    const begins = tones(stage.heard()).map(({ from }) => from);
    expect(begins).toHaveLength(4);
    begins.forEach((from, round) => {
      expect(Math.abs(from - begins[0]! - round * 10_000)).toBeLessThanOrEqual(5);
    });
  });

  test('loses nothing of the speech', () => {
    const stage = new PlayoutStage(true);
    stage.play({ ms: 500, sound: { pcm: tone(500, 3000) } });
    stage.speak(500, voice);
    const tone8k = Int16Array.from({ length: 4000 }, (_, n) =>
      Math.round(3000 * Math.sin((2 * Math.PI * 1400 * n) / 8000)),
    );
    const speech = stage.heard().map((sample, n) => sample - tone8k[n]!);
    const said = Int16Array.from({ length: 4000 }, (_, n) => voice(n));
    expect(correlate(said, speech, 8000).coefficient).toBeGreaterThan(0.995);
  });

  test('is sent alone when the other party says nothing, and speech goes on behind it', async () => {
    const stage = new PlayoutStage();
    stage.speak(1_000);
    stage.sent.length = 0;
    stage.pause(2_000);
    const done = stage.play({});
    stage.pause(2_000);
    expect(stage.sent).toHaveLength(10);
    expect(stage.sent.map(({ marker }) => marker)).toEqual([true, ...new Array(9).fill(false)]);
    expect(steps(stage.sent)).toEqual(new Array(9).fill(STEP));
    // Two seconds of silence after the last of 50 packets.
    expect(stage.sent[0]).toMatchObject({ ssrc: 77, sequence: 550, timestamp: 40_000 + 24_000 });
    expect(await done).toEqual({
      rounds: [{ startedAt: 1_013_000, endedAt: 1_013_200, complete: true }],
    });
    stage.speak(1_000);
    const resumed = stage.sent.slice(9);
    expect(resumed[1]).toMatchObject({ marker: true, ssrc: 77 });
    expect(steps(resumed)[0]).toEqual({ sequence: 1, timestamp: 160 + 1_800 * 8 });
    expect(steps(resumed.slice(1))).toEqual(new Array(49).fill(STEP));
  });

  test('gives way to speech that begins in its middle, and goes on in it', () => {
    const stage = new PlayoutStage();
    stage.speak(100);
    stage.pause(1_000);
    stage.sent.length = 0;
    stage.play({ ms: 400 });
    stage.pause(110);
    stage.speak(1_000, voice);
    expect(steps(stage.sent)).toEqual(new Array(stage.sent.length - 1).fill(STEP));
    const [heard, ...others] = tones(stage.heard());
    expect(others).toEqual([]);
    expect(heard!.from).toBe(0);
    expect(heard!.to).toBe(400);
    // All of it: six packets of ours, fifty of theirs.
    expect(stage.sent).toHaveLength(56);
  });

  test('goes on alone when speech ends in its middle', async () => {
    const stage = new PlayoutStage(true);
    const done = stage.play({ ms: 400 });
    stage.speak(100, voice);
    stage.pause(1_000);
    expect(steps(stage.sent)).toEqual(new Array(19).fill(STEP));
    expect((await done).rounds).toMatchObject([{ complete: true }]);
  });

  test.each([1, 7, 45, 130])(
    'goes on whole where it is looked after %i ms too late',
    async (lateness) => {
      for (const stall of [70, 110, 190, 310]) {
        const stage = new PlayoutStage(true);
        stage.lateness = lateness;
        const done = stage.play({ ms: 400, repeat: { everyMs: 10_000 } });
        stage.speak(100, voice);
        // The speaker is held up, and then says all of it at once.
        stage.wait(stall);
        for (let ms = 20; ms <= stall; ms += 20) stage.packet();
        stage.speak(1_000, voice);
        stage.playout!.stop(done.id, stage.now);
        expect({ stall, rounds: (await done).rounds }).toMatchObject({
          stall,
          rounds: [{ complete: true }],
        });
      }
    },
  );

  test('is sent to a listener to whom nobody has ever spoken', async () => {
    const stage = new PlayoutStage();
    const done = stage.play({});
    stage.wait(500);
    expect(stage.sent).toHaveLength(10);
    expect(stage.sent[0]!.marker).toBe(true);
    expect((await done).rounds).toHaveLength(1);
    stage.speak(200);
    expect(new Set(stage.sent.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(steps(stage.sent).every(({ sequence }) => sequence === 1)).toBe(true);
  });

  test('leaves losses and reordering as they are', () => {
    const stage = new PlayoutStage(true);
    stage.play({ ms: 1_000 });
    stage.speak(200);
    stage.pause(20);
    stage.live.sequence += 1;
    stage.speak(20);
    const late = { sequence: stage.live.sequence - 2, timestamp: stage.live.timestamp - 320 };
    const { live } = stage;
    stage.live = { ...live, ...late };
    stage.packet();
    stage.live = live;
    stage.speak(100);
    expect(stage.sent.map(({ sequence }) => sequence)).toEqual([
      500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 511, 510, 512, 513, 514, 515, 516,
    ]);
    expect(stage.sent[10]!.timestamp - stage.sent[11]!.timestamp).toBe(160);
    expect(tones(stage.heard())).toHaveLength(1);
  });

  test('goes on when its speaker begins a new stream', async () => {
    const stage = new PlayoutStage(true);
    const done = stage.play({ ms: 400 });
    stage.speak(200);
    stage.live = { ssrc: 78, sequence: 9, timestamp: 3_000_000_000 | 0, payloadType: 0 };
    stage.speak(400);
    expect((await done).rounds).toMatchObject([{ complete: true }]);
    expect(stage.sent.map(({ ssrc }) => ssrc)).toEqual([
      ...new Array(10).fill(77),
      ...new Array(20).fill(78),
    ]);
  });

  test('is not evidence when the listener was not there', async () => {
    const stage = new PlayoutStage();
    stage.open = false;
    const done = stage.play({});
    stage.wait(1_000);
    expect(stage.sent).toHaveLength(0);
    expect(await done).toEqual({ rounds: [] });
  });

  test('ends when it is told to', async () => {
    const stage = new PlayoutStage(true);
    const done = stage.play({ ms: 1_000 });
    stage.speak(300, voice);
    stage.playout?.stop(done.id, stage.now);
    stage.speak(300, voice);
    const [heard] = tones(stage.heard());
    expect(heard).toEqual({ from: 0, to: 300 });
    expect((await done).rounds).toEqual([
      { startedAt: 1_010_000, endedAt: 1_010_300, complete: false },
    ]);
  });
});

describe('a prompt in place of speech', () => {
  test('is heard complete, holds speech back, and leaves no seam in the stream', async () => {
    const stage = new PlayoutStage(true);
    stage.speak(200, voice);
    const done = stage.play({ kind: 'replace', ms: 1_010 });
    stage.speak(2_000, voice);
    expect(steps(stage.sent)).toEqual(new Array(stage.sent.length - 1).fill(STEP));
    expect(new Set(stage.sent.map(({ ssrc }) => ssrc))).toEqual(new Set([77]));
    expect(stage.sent.some(({ marker }) => marker)).toBe(false);
    const { rounds } = await done;
    expect(rounds).toMatchObject([{ complete: true }]);
    expect(rounds[0]!.endedAt - rounds[0]!.startedAt).toBe(1_010);
    const heard = stage.heard();
    const [prompt, ...others] = tones(heard);
    expect(others).toEqual([]);
    expect(prompt!.to - prompt!.from).toBeGreaterThanOrEqual(1_005);
    // Nothing of the voice is below it: the prompt alone, as it was made.
    const during = heard.subarray((prompt!.from + 5) * 8, (prompt!.to - 5) * 8);
    expect(correlate(tone8k(1_000), during, 8000).coefficient).toBeGreaterThan(0.99);
    expect(stage.bugs).toEqual([]);
  });

  test('waits for the end of the packet that was just sent, whatever its length', () => {
    const stage = new PlayoutStage(true);
    stage.play({ kind: 'replace', ms: 100 });
    stage.packet({ payload: Buffer.alloc(240, 0xff) });
    stage.wait(500);
    expect(stage.sent[1]).toMatchObject({ at: 10_030, timestamp: 40_240, sequence: 501 });
    expect(stage.sent).toHaveLength(6);
  });

  test('does not wait where nobody speaks', () => {
    const stage = new PlayoutStage();
    stage.play({ kind: 'replace', ms: 100 });
    expect(stage.sent[0]).toMatchObject({ at: 10_000, marker: true });
    stage.wait(1_000);
    expect(stage.sent.map(({ at }) => at)).toEqual([10_000, 10_020, 10_040, 10_060, 10_080]);
  });

  test('is followed by the next, not overlaid', async () => {
    const stage = new PlayoutStage(true);
    const both = [
      stage.play({ kind: 'replace', ms: 300 }),
      stage.play({ kind: 'replace', sound: { pcm: new Int16Array(16 * 300) } }),
    ];
    stage.speak(1_000, voice);
    const [first, second] = await Promise.all(both);
    expect(second!.rounds[0]!.startedAt).toBe(first!.rounds[0]!.endedAt);
    expect(steps(stage.sent)).toEqual(new Array(stage.sent.length - 1).fill(STEP));
  });

  test('lets telephone events pass, in sequence', () => {
    const stage = new PlayoutStage(true);
    stage.speak(100);
    stage.play({ kind: 'replace', ms: 400 });
    stage.speak(100);
    const digit = { payloadType: 101, payload: Buffer.from([4, 10, 0, 160]), timestamp: 41_600 };
    stage.packet({ ...digit, marker: true });
    stage.packet(digit);
    stage.speak(600);
    const events = stage.sent.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ marker }) => marker)).toEqual([true, false]);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(steps(stage.sent).every(({ sequence }) => sequence === 1)).toBe(true);
    const audio = stage.sent.filter(({ payloadType }) => payloadType === 0);
    expect(steps(audio).every(({ timestamp }) => timestamp === 160)).toBe(true);
  });

  test('lets no straggler of the time before it through', () => {
    const stage = new PlayoutStage(true);
    stage.speak(100);
    stage.play({ kind: 'replace', ms: 100 });
    stage.speak(200);
    const count = stage.sent.length;
    const { live } = stage;
    stage.live = { ...live, sequence: live.sequence - 8, timestamp: live.timestamp - 1_280 };
    stage.packet();
    expect(stage.sent).toHaveLength(count);
  });

  test('comes in frames where the codec is not spoken here', async () => {
    const stage = new PlayoutStage();
    stage.live.payloadType = 111;
    const payloads = [1, 2, 3].map((octet) => new Uint8Array(40).fill(octet));
    const frames = [{ ...CELT, ticks: 960, payloads }];
    stage.packet();
    stage.wait(20);
    stage.live.timestamp += 800;
    const done = stage.play({ formats: [CELT, EVENTS], sound: { pcm: tone(60), frames } });
    for (let i = 0; i < 10; i++) {
      stage.packet();
      stage.live.timestamp += 800;
      stage.wait(20);
    }
    expect(stage.sent.slice(2, 5).map(({ payload }) => payload[0])).toEqual([1, 2, 3]);
    expect(steps(stage.sent)).toEqual(
      new Array(stage.sent.length - 1).fill({ sequence: 1, timestamp: 960 }),
    );
    expect((await done).rounds).toMatchObject([{ complete: true }]);
  });

  test('is refused where it cannot be played', () => {
    const play =
      (formats: (typeof PCMU)[], extra = {}) =>
      () =>
        new PlayoutStage().play({ formats, ...extra });
    const fault = expect.objectContaining({ code: 'ANNOUNCEMENT_NOT_POSSIBLE' });
    expect(play([CELT, PCMU])).toThrow(fault);
    expect(play([EVENTS])).toThrow(fault);
    expect(play([PCMU], { sound: { pcm: new Int16Array(0) } })).toThrow(fault);
    expect(play([PCMU], { repeat: { everyMs: 200 } })).toThrow(fault);
    expect(play([PCMU], { repeat: { everyMs: Number.NaN } })).toThrow(fault);
  });
});

describe('a speaker that wants to spoil it', () => {
  test('delays a prompt by no packet that claims to hold seconds', () => {
    const stage = new PlayoutStage(true);
    stage.play({ kind: 'replace', ms: 100 });
    stage.packet({ payload: Buffer.alloc(60_000, 0xff) });
    stage.speak(1_000);
    expect(stage.sent[1]!.at).toBe(10_200);
    expect(tones(stage.heard())).toHaveLength(1);
  });

  test('keeps no tone alive by timestamps that stand still', async () => {
    const stage = new PlayoutStage(true);
    const done = stage.play({ ms: 200 });
    for (let i = 0; i < 100; i++) {
      stage.packet({ timestamp: 40_000 });
      stage.wait(20);
    }
    const { rounds } = await done;
    expect(rounds[0]!.endedAt - rounds[0]!.startedAt).toBeLessThan(1_300);
  });

  test('gets neither a crash nor a hole in the sequence out of changing its SSRC all the time', async () => {
    const stage = new PlayoutStage();
    const done = stage.play({ ms: 400 });
    stage.wait(100);
    for (let i = 0; i < 50; i++) {
      stage.live.ssrc += 1;
      stage.live.timestamp += 1_000_000_007;
      stage.live.timestamp |= 0;
      stage.packet({ timestamp: stage.live.timestamp >>> 0 });
      stage.wait(20);
    }
    expect(new Set(stage.sent.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(steps(stage.sent).every(({ sequence }) => sequence === 1)).toBe(true);
    expect((await done).rounds).toMatchObject([{ complete: true }]);
    expect(stage.bugs).toEqual([]);
  });

  test('and random packets of every length do no harm', () => {
    const stage = new PlayoutStage();
    stage.play({ repeat: { everyMs: 300 } });
    stage.play({ kind: 'replace', ms: 1_000 });
    let seed = 7;
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647);
    for (let i = 0; i < 3_000; i++) {
      const bytes = Buffer.from(
        Array.from({ length: 12 + (random() % 400) }, () => random() & 0xff),
      );
      bytes[0] = 0x80 | (random() & 0x3f);
      if (i % 2) bytes[1] = random() & 1 ? 0 : 101;
      stage.playout!.onLive(bytes, 0, bytes.length, stage.now);
      stage.wait(random() % 30);
    }
    expect(stage.bugs).toEqual([]);
  });
});

describe('a tone while a prompt plays', () => {
  test('is heard with it', () => {
    const stage = new PlayoutStage(true);
    stage.speak(100);
    stage.play({ kind: 'replace', sound: { pcm: new Int16Array(16 * 1_000) } });
    stage.play({ repeat: { everyMs: 10_000, firstAfterMs: 500 } });
    stage.speak(2_000, voice);
    const [heard, ...others] = tones(stage.heard());
    expect(others).toEqual([]);
    expect(heard).toEqual({ from: 600, to: 800 });
  });
});

describe('RTCP beside a stream that was altered', () => {
  test('speaks of the stream that is heard, and answers in numbers of the one that was said', () => {
    const stage = new PlayoutStage(true);
    stage.speak(100);
    const report = (): Buffer =>
      buildRtcp([
        {
          kind: 'sender-report',
          ssrc: 77,
          ntp: 1n,
          rtpTimestamp: stage.live.timestamp,
          packets: stage.live.sequence - 500,
          octets: 160 * (stage.live.sequence - 500),
          reports: [],
        },
      ]);
    expect(fittedRtcp(report(), 0, 28, stage.playout, undefined)).toBeUndefined();
    stage.play({ kind: 'replace', ms: 100 });
    stage.speak(310);
    const { timestamp, sequence } = stage.sent.at(-1)!;
    const heard = parseRtcp(fittedRtcp(report(), 0, 28, stage.playout, undefined)!.subarray(0, 28));
    expect(heard).toMatchObject([
      {
        ssrc: 77,
        rtpTimestamp: timestamp + 160,
        packets: stage.sent.length,
        octets: 160 * stage.sent.length,
      },
    ]);
    const block = {
      ssrc: 77,
      fractionLost: 0,
      lost: 0,
      highestSequence: 0x10000 + sequence,
      jitter: 3,
      lastSr: 0,
      delaySinceLastSr: 0,
    };
    const back = buildRtcp([{ kind: 'receiver-report', ssrc: 9, reports: [block] }]);
    const said = parseRtcp(
      fittedRtcp(back, 0, back.length, undefined, stage.playout)!.subarray(0, back.length),
    );
    expect(said).toMatchObject([
      { ssrc: 9, reports: [{ ...block, highestSequence: 0x10000 + stage.live.sequence - 1 }] },
    ]);
  });

  test('takes no harm from what contradicts itself', () => {
    const stage = new PlayoutStage();
    stage.play({});
    stage.wait(100);
    for (let length = 0; length < 64; length++) {
      const bytes = Buffer.alloc(length, 0x9f);
      if (length > 2) bytes[1] = 200 + (length % 8);
      if (length > 4) bytes.writeUInt16BE(length % 20, 2);
      fittedRtcp(bytes, 0, length, stage.playout, stage.playout);
    }
  });
});

function tone8k(ms: number): Int16Array {
  return Int16Array.from({ length: 8 * ms }, (_, n) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 1400 * n) / 8000)),
  );
}
