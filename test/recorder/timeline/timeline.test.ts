import { correlate, encodeL16, encodePcma, G722Encoder, Resampler } from '../../../src/media';
import { rehearse } from '../support/rehearsal';
import { type Script, throughUlaw } from '../support/sender';
import { cut, peak, speech, wideSpeech } from '../support/signal';

const ALICE = speech('alice', 20);
const BOB = speech('bob', 20);

/** Where each voice is, and that neither is on the other's channel. */
function voices(channels: readonly Int16Array[], rate = 8000, said = [ALICE, BOB]) {
  return channels.map((channel, index) => {
    const own = correlate(said[index]!, channel, rate);
    const other = correlate(said[1 - index]!, channel, rate);
    return { ...own, leakage: other.coefficient };
  });
}

describe('two streams on one timeline', () => {
  it('are recorded sample by sample as they were sent', () => {
    const { channels } = rehearse(
      [
        { samples: ALICE, ssrc: 1 },
        { samples: BOB, ssrc: 2 },
      ],
      { untilMs: 20_100 },
    );
    // Opened at 0; the first frame was spoken at 0 and arrived at 25 ms: it is placed at its arrival.
    expect(channels[0]!.subarray(200, 200 + ALICE.length)).toEqual(throughUlaw(ALICE));
    expect(channels[1]!.subarray(200, 200 + BOB.length)).toEqual(throughUlaw(BOB));
    expect(channels[0]).toHaveLength(20.1 * 8000);
  });

  it('keep to their channels', () => {
    const { channels } = rehearse([{ samples: ALICE }, { samples: BOB }], { untilMs: 20_100 });
    for (const { coefficient, leakage } of voices(channels)) {
      expect(coefficient).toBeGreaterThan(0.99);
      expect(leakage).toBeLessThan(0.3);
    }
  });

  it('stay together under jitter, loss, duplicates and reordering', () => {
    const rough: Partial<Script> = { jitterMs: 60, loss: 0.03, duplicates: 0.02, reordered: 0.05 };
    const { channels, lanes } = rehearse(
      [
        { samples: ALICE, ssrc: 1, ...rough, seed: 3 },
        { samples: BOB, ssrc: 2, ...rough, seed: 4 },
      ],
      { untilMs: 20_200 },
    );
    const [left, right] = voices(channels);
    expect(left!.coefficient).toBeGreaterThan(0.9);
    expect(right!.coefficient).toBeGreaterThan(0.9);
    expect(Math.abs(left!.offsetMs - right!.offsetMs)).toBeLessThan(8);
    const { gaps } = lanes[0]!;
    const { log } = lanes[0]!.sources[0]!;
    const { late } = lanes[0]!.tally;
    expect(log.received + log.lost).toBe(1000);
    expect(log.lost).toBeGreaterThan(10);
    expect(log.lost).toBeLessThan(60);
    expect(log.duplicates).toBeGreaterThan(5);
    expect(log.reordered).toBeGreaterThan(20);
    expect(late).toBe(0);
    expect(gaps.runs.reduce((sum, { packets }) => sum + packets, 0)).toBe(log.lost);
  });

  it('have silence of the right length where packets are lost', () => {
    const { channels, lanes } = rehearse(
      [{ samples: ALICE, alter: (sent, i) => (i >= 100 && i < 110 ? undefined : sent) }],
      { untilMs: 20_100 },
    );
    const expected = throughUlaw(ALICE);
    expected.fill(0, 100 * 160, 110 * 160);
    expect(channels[0]!.subarray(200, 200 + ALICE.length)).toEqual(expected);
    const { gaps, tally: log } = lanes[0]!;
    expect(gaps.runs).toMatchObject([{ frame: 200 + 16_000, frames: 1600, packets: 10 }]);
    expect(log.lost).toBe(10);
  });

  it('begin where they begin, each', () => {
    const { channels } = rehearse(
      [
        { samples: ALICE.subarray(0, 80_000), startMs: 300 },
        { samples: BOB.subarray(0, 80_000), startMs: 1740 },
      ],
      { untilMs: 12_000 },
    );
    const [left, right] = voices(channels, 8000, [
      ALICE.subarray(0, 80_000),
      BOB.subarray(0, 80_000),
    ]);
    expect(right!.offsetMs - left!.offsetMs).toBeCloseTo(1440, 0);
    expect(peak(cut(channels[1]!, 8000, 0, 1700))).toBe(0);
  });

  it('survive wraps of sequence and timestamp', () => {
    const { channels, lanes } = rehearse(
      [{ samples: ALICE, sequence: 65_500, timestamp: 0xffffffff - 20_000 }],
      { untilMs: 20_100 },
    );
    expect(channels[0]!.subarray(200, 200 + ALICE.length)).toEqual(throughUlaw(ALICE));
    expect(lanes[0]!.sources[0]!.log.lost).toBe(0);
  });

  it('have silence, and no loss, where the sender had nothing to say', () => {
    const spoken = ALICE.slice();
    spoken.fill(0, 40_000, 72_000);
    const { channels, lanes } = rehearse([{ samples: spoken, dtx: true, jitterMs: 5 }], {
      untilMs: 20_100,
    });
    const [found] = voices(channels, 8000, [spoken, BOB]);
    expect(found!.coefficient).toBeGreaterThan(0.98);
    expect(peak(cut(channels[0]!, 8000, 5100, 9000))).toBe(0);
    expect(lanes[0]!.sources[0]!.log.lost).toBe(0);
    expect(lanes[0]!.gaps.runs).toEqual([]);
  });
});

describe('the relation of streams', () => {
  const far: Partial<Script> = { delayMs: 5 };
  const near: Partial<Script> = { delayMs: 95 };

  it('is that of the sender reports when both share a clock, whatever the way took', () => {
    const { channels } = rehearse(
      [
        { samples: ALICE, ssrc: 1, ...far, reportEveryMs: 5000 },
        { samples: BOB, ssrc: 2, ...near, reportEveryMs: 5000 },
      ],
      { untilMs: 20_200 },
    );
    const [left, right] = voices(channels);
    expect(Math.abs(left!.offsetMs - right!.offsetMs)).toBeLessThan(1);
    expect(left!.coefficient).toBeGreaterThan(0.99);
    expect(right!.coefficient).toBeGreaterThan(0.99);
  });

  it('is put right for the whole recording by reports that come while it is young', () => {
    const { channels } = rehearse(
      [
        { samples: ALICE, ssrc: 1, ...far, reportEveryMs: 3100 },
        { samples: BOB, ssrc: 2, ...near, reportEveryMs: 3100 },
      ].map((script, index) => ({ ...script, wallMs: 5_000_000, seed: index })),
      { untilMs: 20_200 },
    );
    const early = channels.map((channel) => cut(channel, 8000, 0, 3000));
    const [left, right] = voices(early, 8000, [ALICE.subarray(0, 16_000), BOB.subarray(0, 16_000)]);
    expect(Math.abs(left!.offsetMs - right!.offsetMs)).toBeLessThan(1);
  });

  it('is that of the arrival when the reports tell the time of different machines', () => {
    const { channels } = rehearse(
      [
        { samples: ALICE, ssrc: 1, reportEveryMs: 5000, cname: 'alice@a', wallMs: 5e11 },
        { samples: BOB, ssrc: 2, reportEveryMs: 5000, cname: 'bob@b', wallMs: 5e11 + 700 },
      ],
      { untilMs: 20_200 },
    );
    const [left, right] = voices(channels);
    expect(Math.abs(left!.offsetMs - right!.offsetMs)).toBeLessThan(3);
  });

  it('is that of the arrival when one clock under one name contradicts itself wildly', () => {
    const { channels } = rehearse(
      [
        { samples: ALICE, ssrc: 1, reportEveryMs: 5000, wallMs: 5e11 },
        { samples: BOB, ssrc: 2, reportEveryMs: 5000, wallMs: 5e11 + 3_600_000 },
      ],
      { untilMs: 20_200 },
    );
    const [left, right] = voices(channels);
    expect(Math.abs(left!.offsetMs - right!.offsetMs)).toBeLessThan(3);
  });

  it.each([
    ['two seconds', 2000],
    ['many seconds', 15_000],
  ])(
    'holds for packets that were kept for us and come in one burst, %s of them',
    (_name, opened) => {
      // Spoken from 0 on, nobody took them before: everything older comes at once.
      const kept: Script['alter'] = (sent) => ({
        ...sent,
        arrival: sent.arrival < opened ? opened + 1 + sent.arrival / 1000 : sent.arrival,
      });
      const { channels } = rehearse(
        [
          { samples: ALICE, ssrc: 1, alter: kept },
          {
            samples: BOB.subarray(0, 120_000),
            ssrc: 2,
            startMs: 700,
            alter: kept,
          },
        ],
        { untilMs: 20_100, openedAt: opened },
      );
      const [left, right] = voices(channels, 8000, [ALICE, BOB.subarray(0, 120_000)]);
      expect(left!.coefficient).toBeGreaterThan(0.99);
      expect(right!.coefficient).toBeGreaterThan(0.99);
      expect(right!.offsetMs - left!.offsetMs).toBeCloseTo(700, 0);
      // The first word is there.
      expect(left!.offsetMs).toBeGreaterThanOrEqual(0);
      expect(left!.offsetMs).toBeLessThan(100);
    },
  );
});

describe('clocks that drift', () => {
  /** A click every second of true time, on both channels, sampled by clocks that run differently. */
  const clicks = (seconds: number, skewPpm: number): Int16Array => {
    const samples = new Int16Array(seconds * 8000 * (1 + skewPpm / 1e6));
    for (let second = 1; second < seconds; second++) {
      const at = Math.round(second * 8000 * (1 + skewPpm / 1e6));
      for (let n = 0; n < 80; n++) samples[at + n] = 12_000 * Math.sin((2 * Math.PI * n) / 16);
    }
    // A hum keeps every frame from being silent.
    return samples.map((sample, n) => sample + 300 * Math.sin((2 * Math.PI * 100 * n) / 8000));
  };
  const onsets = (samples: Int16Array): number[] => {
    const found: number[] = [];
    for (let n = 0; n < samples.length; n++) {
      if (Math.abs(samples[n]!) < 5000) continue;
      found.push(n / 8);
      n += 800;
    }
    return found;
  };
  // Half a second in ten minutes: what sound clocks (50 ppm) take an hour and more for.
  const SECONDS = 600;
  const PPM = 400;

  it.each([
    ['by the arrival', undefined],
    ['by sender reports', 5000],
  ])('keep less than 20 ms apart, told %s', (_name, reportEveryMs) => {
    const fast = { samples: clicks(SECONDS, PPM), skewPpm: PPM, ssrc: 1, jitterMs: 15, seed: 5 };
    const slow = { samples: clicks(SECONDS, -PPM), skewPpm: -PPM, ssrc: 2, jitterMs: 15, seed: 6 };
    const { channels } = rehearse(
      [
        { ...fast, reportEveryMs },
        { ...slow, reportEveryMs },
      ],
      { untilMs: SECONDS * 1000 },
    );
    const [left, right] = channels.map(onsets);
    expect(left!.length).toBeGreaterThan(SECONDS - 5);
    expect(right).toHaveLength(left!.length);
    const apart = left!.map((at, i) => Math.abs(at - right![i]!));
    expect(Math.max(...apart)).toBeLessThan(20);
  });
});

describe('a stream that changes', () => {
  it('goes on at the right place after a jump of its timestamps', () => {
    const jump: Script['alter'] = (sent, i) =>
      i < 300
        ? sent
        : {
            ...sent,
            packet: { ...sent.packet, timestamp: (sent.packet.timestamp + 0x7654321) >>> 0 },
          };
    const { channels } = rehearse([{ samples: ALICE, alter: jump }], { untilMs: 20_100 });
    const after = correlate(cut(ALICE, 8000, 7000, 12_000), channels[0]!, 8000);
    expect(after.coefficient).toBeGreaterThan(0.98);
    expect(after.offsetMs).toBeCloseTo(7025, -1);
  });

  it('goes on at the right place after its timestamps stood still in a pause of the sender', () => {
    const frozen: Script['alter'] = (sent, i) =>
      i < 300 ? sent : { ...sent, arrival: sent.arrival + 4000 };
    const { channels } = rehearse([{ samples: ALICE, alter: frozen }], { untilMs: 24_100 });
    const after = correlate(cut(ALICE, 8000, 6500, 12_000), channels[0]!, 8000);
    expect(after.offsetMs).toBeCloseTo(10_525, -1);
    expect(peak(cut(channels[0]!, 8000, 6100, 9900))).toBe(0);
  });

  it('is placed by its timestamps when the network stood still and then delivered everything', () => {
    const stalled: Script['alter'] = (sent) =>
      sent.arrival > 5000 && sent.arrival < 7500 ? { ...sent, arrival: 7500 } : sent;
    const { channels } = rehearse([{ samples: ALICE, alter: stalled }, { samples: BOB }], {
      untilMs: 20_100,
    });
    expect(channels[0]!.subarray(200, 200 + ALICE.length)).toEqual(throughUlaw(ALICE));
  });

  it('may change its SSRC, sequence and timestamps at once', () => {
    const first: Script = { samples: ALICE.subarray(0, 80_000), ssrc: 1 };
    const second: Script = {
      samples: ALICE.subarray(80_000),
      ssrc: 2,
      sequence: 7,
      timestamp: 99,
      startMs: 10_000,
    };
    const { channels, lanes } = rehearse([[first, second]], { untilMs: 20_100 });
    const [found] = voices(channels, 8000, [ALICE, BOB]);
    expect(found!.coefficient).toBeGreaterThan(0.99);
    expect(lanes[0]!.ssrcs).toEqual([1, 2]);
    expect(lanes[0]!.tally.lost).toBe(0);
  });

  it('may restart its sequence numbers', () => {
    const restart: Script['alter'] = (sent, i) =>
      i < 400 ? sent : { ...sent, packet: { ...sent.packet, sequence: (i * 1 + 30_000) & 0xffff } };
    const { channels, lanes } = rehearse([{ samples: ALICE, alter: restart }], { untilMs: 20_100 });
    expect(channels[0]!.subarray(200, 200 + ALICE.length)).toEqual(throughUlaw(ALICE));
    expect(lanes[0]!.sources[0]!.log.lost).toBe(0);
  });

  it('is not moved by one stray packet of another source', () => {
    const stray = { samples: BOB.subarray(0, 160), ssrc: 77, startMs: 3000 };
    const { channels } = rehearse([[{ samples: ALICE }, stray]], { untilMs: 20_100 });
    expect(channels[0]!.subarray(200, 200 + ALICE.length)).toEqual(throughUlaw(ALICE));
  });

  it('is silent and not missed while it is inactive', () => {
    const { channels, lanes } = rehearse([{ samples: ALICE }, { samples: BOB }], {
      untilMs: 20_100,
      also: [
        { at: 6000, act: ([lane], at) => lane!.setActive(false, at) },
        { at: 11_000, act: ([lane], at) => lane!.setActive(true, at) },
      ],
    });
    const expected = throughUlaw(ALICE);
    // The packet of the last 20 ms before the pause was on its way; what it holds was spoken before.
    expect(peak(cut(channels[0]!, 8000, 6020, 11_000))).toBe(0);
    // What comes back is where it would have been without the pause.
    expect(cut(channels[0]!, 8000, 11_100, 20_000)).toEqual(cut(expected, 8000, 11_075, 19_975));
    expect(lanes[0]!.sources[0]!.log.lost).toBe(0);
    expect(lanes[0]!.whilePaused).toBe(250);
    expect(lanes[0]!.pauses).toEqual([{ from: 6000, to: 11_000 }]);
    expect(channels[1]!.subarray(200, 200 + BOB.length)).toEqual(throughUlaw(BOB));
  });

  it('leaves telephone events and comfort noise silent, and counts them', () => {
    const pressing: Script['alter'] = (sent, i) => {
      if (i < 200 || i >= 230) return sent;
      const payload = Buffer.from([5, 10, 0, 160]);
      const timestamp = 5000 + 200 * 160;
      const payloadType = i < 215 ? 101 : 13;
      return {
        ...sent,
        packet: {
          ...sent.packet,
          payloadType,
          payload,
          timestamp: payloadType === 101 ? timestamp : sent.packet.timestamp,
        },
      };
    };
    const { channels, lanes } = rehearse([{ samples: ALICE, alter: pressing }], {
      untilMs: 20_100,
    });
    const expected = throughUlaw(ALICE);
    expected.fill(0, 200 * 160, 230 * 160);
    expect(channels[0]!.subarray(200, 200 + ALICE.length)).toEqual(expected);
    expect(lanes[0]!.sources[0]!.log.lost).toBe(0);
    expect(lanes[0]!.formatCounts.map(({ format, packets }) => [format.name, packets])).toEqual([
      ['PCMU', 970],
      ['telephone-event', 15],
      ['CN', 15],
    ]);
  });
});

describe('codecs', () => {
  const WIDE = wideSpeech('alice', 20);

  it('G.722 is decoded at 16 kHz', () => {
    const encoder = new G722Encoder();
    const { channels } = rehearse(
      [
        {
          samples: WIDE,
          sampleRate: 16_000,
          payloadType: 9,
          encode: (pcm) => encoder.encode(pcm),
        },
      ],
      { rate: 16_000, untilMs: 20_100 },
    );
    const found = correlate(WIDE, channels[0]!, 16_000);
    expect(found.coefficient).toBeGreaterThan(0.97);
    expect(found.offsetMs).toBeGreaterThan(20);
    expect(found.offsetMs).toBeLessThan(30);
  });

  it.each([
    ['L16 at 16 kHz', 97, 16_000, 1],
    ['L16 at 44.1 kHz in stereo', 98, 44_100, 2],
  ])('%s is brought to the rate of the recording', (_name, payloadType, clockRate, count) => {
    const resampler = new Resampler(16_000, clockRate);
    const samples =
      clockRate === 16_000
        ? WIDE
        : Int16Array.from([...resampler.push(WIDE), ...resampler.flush()]);
    const encode = (pcm: Int16Array): Uint8Array =>
      encodeL16(
        count === 1 ? pcm : Int16Array.from({ length: 2 * pcm.length }, (_, n) => pcm[n >> 1]!),
      );
    const { channels } = rehearse(
      [{ samples, sampleRate: clockRate, clockRate, payloadType, encode }],
      {
        untilMs: 20_100,
      },
    );
    const found = correlate(ALICE, channels[0]!, 8000);
    expect(found.coefficient).toBeGreaterThan(0.99);
    expect(found.offsetMs).toBeCloseTo(25, 0);
  });

  it('may change in mid-stream, from G.722 to PCMA and back', () => {
    const encoder = new G722Encoder();
    const narrow = new Resampler(16_000, 8000);
    const wide = encodePcmaOf(narrow);
    let index = 0;
    const encode = (pcm: Int16Array): Uint8Array => {
      const code = encoder.encode(pcm);
      const law = wide(pcm);
      index++;
      return index > 300 && index <= 600 ? law : code;
    };
    const alter: Script['alter'] = (sent, i) => ({
      ...sent,
      packet: { ...sent.packet, payloadType: i >= 300 && i < 600 ? 8 : 9 },
    });
    const { channels } = rehearse(
      [{ samples: WIDE, sampleRate: 16_000, encode, alter, payloadType: 9 }],
      { rate: 16_000, untilMs: 20_100 },
    );
    for (const [from, to] of [
      [0, 6000],
      [6000, 12_000],
      [12_000, 20_000],
    ] as const) {
      const piece = cut(WIDE, 16_000, from, to);
      const found = correlate(piece, cut(channels[0]!, 16_000, from, to + 100), 16_000);
      expect(found.coefficient).toBeGreaterThan(0.95);
      expect(found.offsetMs).toBeGreaterThan(20);
      expect(found.offsetMs).toBeLessThan(30);
    }
  });

  it('that are not decoded are silence of the right length', () => {
    const { channels, lanes } = rehearse(
      [{ samples: ALICE, payloadType: 96, clockRate: 48_000 }, { samples: BOB }],
      { untilMs: 20_100 },
    );
    expect(peak(channels[0]!)).toBe(0);
    expect(channels[1]!.subarray(200, 200 + BOB.length)).toEqual(throughUlaw(BOB));
    expect(lanes[0]!.sources[0]!.log.received).toBe(1000);
  });
});

function encodePcmaOf(resampler: Resampler): (pcm: Int16Array) => Uint8Array {
  let waiting: number[] = [];
  return (pcm) => {
    waiting.push(...resampler.push(pcm));
    const frame = Int16Array.from(
      [...waiting.slice(0, 160), ...new Array<number>(160).fill(0)].slice(0, 160),
    );
    waiting = waiting.slice(160);
    return encodePcma(frame);
  };
}
