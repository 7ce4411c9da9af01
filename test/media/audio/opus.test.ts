import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder, Encoder } from '@evan/opus/wasm/index.js';
import fc from 'fast-check';
import {
  correlate,
  OpusDecoder,
  Resampler,
  readWav,
  valuesOf,
  voicing,
} from '../../../src/media/audio';
import { opusTicks } from '../../../src/media/audio/opus';

const RATE = 48_000;
const TICKS = 960;
const OPUS = { payloadType: 111, codec: 'opus', clockRate: RATE, channels: 2 };

/** A talker of libopus as a softphone has it: voip, mono, 20 ms. */
function packetsOf(pcm: Int16Array, ticks = TICKS): Uint8Array[] {
  const encoder = new Encoder({ channels: 1, application: 'voip', sample_rate: RATE });
  const packets = Array.from({ length: Math.floor(pcm.length / ticks) }, (_, n) =>
    encoder.encode(pcm.slice(n * ticks, (n + 1) * ticks)),
  );
  encoder.drop();
  return packets;
}

/** What a listener hears of them. */
function heard(packets: readonly Uint8Array[]): Int16Array {
  const decoder = new Decoder({ channels: 1, sample_rate: RATE });
  const parts = packets.map((packet) => {
    const octets = decoder.decode(packet);
    return Array.from(new Int16Array(octets.buffer, octets.byteOffset, octets.length / 2));
  });
  decoder.drop();
  return Int16Array.from(parts.flat());
}

const spoken = readWav(readFileSync(join(__dirname, '../../../assets/speech/alice.wav')));
const speech = new Resampler(spoken.rate, RATE).push(spoken.channels[0]!).slice(0, 3 * RATE);
const tone = Int16Array.from({ length: 4_800 }, (_, n) =>
  Math.round(3_000 * Math.sin((2 * Math.PI * 1400 * n) / 16_000)),
);
const values = valuesOf(tone, OPUS);

/** Speech with a tone from 1 s on, as a relay mixes it: followed before, coded on after until a pause. */
function mixed(packets: readonly Uint8Array[]): { packets: Uint8Array[]; untouchedFrom: number } {
  const voice = voicing(OPUS)!;
  let at = 50;
  const out = packets.slice(0, at);
  for (const packet of out) voice.follow(packet, 0, packet.length);
  const end = at + values.length / TICKS;
  for (; at < end || (!voice.settled && at < packets.length); at++) {
    const added = new Int32Array(TICKS);
    if (at < end) added.set(values.subarray((at - 50) * TICKS, (at - 49) * TICKS));
    const place = new Uint8Array(1_500);
    place.set(packets[at]!);
    out.push(place.slice(0, voice.mix(place, 0, packets[at]!.length, added)));
  }
  voice.release();
  return { packets: [...out, ...packets.slice(at)], untouchedFrom: at };
}

/** How loud 1400 Hz is in the samples. */
function toneIn(samples: Int16Array): number {
  let a = 0;
  let b = 0;
  for (let n = 0; n < samples.length; n++) {
    a += (2 * samples[n]! * Math.sin((2 * Math.PI * 1400 * n) / RATE)) / samples.length;
    b += (2 * samples[n]! * Math.cos((2 * Math.PI * 1400 * n) / RATE)) / samples.length;
  }
  return Math.hypot(a, b);
}

const part = (samples: Int16Array, fromMs: number, toMs: number): Int16Array =>
  samples.slice((fromMs * RATE) / 1000, (toMs * RATE) / 1000);

describe('sound in Opus', () => {
  const live = packetsOf(speech);
  const result = mixed(live);
  const plain = heard(live);
  const withTone = heard(result.packets);

  test('a tone is heard at its level while it is mixed in, and nowhere else', () => {
    expect(toneIn(part(withTone, 1050, 1250)) / 3_000).toBeCloseTo(1, 0);
    expect(toneIn(part(withTone, 1050, 1250))).toBeGreaterThan(8 * toneIn(part(plain, 1050, 1250)));
    expect(toneIn(part(withTone, 1400, 1900))).toBeLessThan(300);
    expect(part(withTone, 0, 1000)).toEqual(part(plain, 0, 1000));
  });

  test('speech under a tone, and through both seams, is as it was', () => {
    const under = part(withTone, 1000, 1300);
    const without = removed(under);
    expect(correlate(removed(part(plain, 1000, 1300)), without, RATE).coefficient).toBeGreaterThan(
      0.95,
    );
    // Coded on until a pause, 2.5 ms later than the live packets, which then go on.
    const seam = (result.untouchedFrom * 1000) / 50;
    expect(seam).toBeLessThan(2_300);
    const onwards = (fromMs: number, toMs: number) =>
      correlate(part(plain, fromMs, toMs), part(withTone, fromMs, toMs + 10), RATE);
    const coded = onwards(1_310, seam);
    expect(coded.coefficient).toBeGreaterThan(0.95);
    expect(coded.offsetMs).toBeCloseTo(2.5, 0);
    const live = onwards(seam + 40, 2_900);
    expect(live.coefficient).toBeGreaterThan(0.99);
    expect(live.offsetMs).toBeCloseTo(0, 1);
  });

  test('where nobody speaks, packets of our own are of 20 ms and carry the sound', () => {
    const voice = voicing(OPUS)!;
    expect(voice.frameTicks).toBe(TICKS);
    const packets = Array.from({ length: 15 }, (_, n) => {
      const place = new Uint8Array(1_500);
      const added = Int32Array.from(values.subarray(n * TICKS, (n + 1) * TICKS));
      return place.slice(0, voice.speak(place, 0, TICKS, added));
    });
    voice.release();
    for (const packet of packets) expect(opusTicks(packet, 0, packet.length)).toBe(TICKS);
    expect(correlate(Int16Array.from(values), heard(packets), RATE).coefficient).toBeGreaterThan(
      0.98,
    );
  });

  test.each([120, 240, 480, 960, 1920, 2880])('packets of %i ticks keep their length', (ticks) => {
    const voice = voicing(OPUS)!;
    for (const packet of packetsOf(speech.slice(0, 20 * ticks), ticks)) {
      const place = new Uint8Array(2_000);
      place.set(packet);
      expect(voice.ticksIn(place, 0, packet.length)).toBe(ticks);
      const octets = voice.mix(place, 0, packet.length, new Int32Array(ticks));
      expect(opusTicks(place, 0, octets)).toBe(ticks);
    }
    voice.release();
  });

  test('no octets from the network make it throw; what is no Opus passes as it is', () => {
    const voice = voicing(OPUS)!;
    const decoder = new OpusDecoder(1);
    const none = new Int32Array(5_760);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        const place = new Uint8Array(4_000);
        place.set(octets);
        const ticks = voice.ticksIn(place, 0, octets.length);
        const length = voice.mix(place, 0, octets.length, none);
        if (ticks === 0) expect(place.subarray(0, length)).toEqual(octets);
        decoder.decode(octets);
      }),
      { numRuns: 2_000 },
    );
    voice.release();
    decoder.release();
  });
});

/** Without what lies at 1400 Hz. */
function removed(samples: Int16Array): Int16Array {
  let a = 0;
  let b = 0;
  for (let n = 0; n < samples.length; n++) {
    a += (2 * samples[n]! * Math.sin((2 * Math.PI * 1400 * n) / RATE)) / samples.length;
    b += (2 * samples[n]! * Math.cos((2 * Math.PI * 1400 * n) / RATE)) / samples.length;
  }
  return samples.map(
    (sample, n) =>
      sample -
      a * Math.sin((2 * Math.PI * 1400 * n) / RATE) -
      b * Math.cos((2 * Math.PI * 1400 * n) / RATE),
  );
}
