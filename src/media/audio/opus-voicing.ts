import {
  OPUS_MOST_TICKS,
  OPUS_RATE,
  OpusDecoder,
  OpusEncoder,
  opusChannels,
  opusTicks,
} from './opus';
import { clip } from './pcm';
import type { Voicing } from './voicing';

export { OPUS_RATE };

/** Bits a second of what is coded here: as much as the stream has had, within these. */
const LEAST_BITRATE = 40_000;
const MOST_BITRATE = 128_000;
/** How fast the stream's highest rate is forgotten, a packet. */
const FORGETTING = 0.98;
/** Root mean square of a pause, in 16-bit samples: -50 dBFS. */
const QUIET = 100;

/** One thread, one packet at a time. */
const pcm = new Int16Array(2 * OPUS_MOST_TICKS);

/**
 * Adds between decoding and coding anew. The decoder follows the stream before, as the listener's does; the coder begins
 * with frames that lean on nothing before them, and goes on until a pause, where the listener's decoder takes
 * up the live stream again without a trace (RFC 6716 §4.5: changes of mode are crossed over).
 */
export class OpusVoicing implements Voicing {
  readonly valuesPerTick = 1;
  readonly frameTicks = OPUS_RATE / 50;
  readonly lead = 200;

  readonly #decoder = new OpusDecoder(2);
  readonly #encoder = new OpusEncoder();
  #channels: 1 | 2 = 1;
  #bitrate = LEAST_BITRATE;
  #saying = false;
  #quiet = true;

  get settled(): boolean {
    return !this.#saying || this.#quiet;
  }

  ticksIn(payload: Uint8Array, at: number, octets: number): number {
    return opusTicks(payload, at, octets);
  }

  follow(payload: Uint8Array, at: number, octets: number): void {
    this.#saying = false;
    this.#hear(payload, at, octets);
  }

  mix(payload: Uint8Array, at: number, octets: number, values: Int32Array): number {
    const heard = this.#hear(payload, at, octets);
    // What cannot be decoded passes: it may be more than this libopus knows.
    if (heard.length === 0) return octets;
    for (let i = 0; i < heard.length; i++) pcm[i] = clip(heard[i]! + values[i >> 1]!);
    // So does what this libopus does not make: three frames of 2.5 ms.
    return this.#say(payload, at, heard.length) || octets;
  }

  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): number {
    this.#quiet = true;
    for (let i = 0; i < 2 * ticks; i++) pcm[i] = clip(values[i >> 1]!);
    return this.#say(payload, at, 2 * ticks);
  }

  release(): void {
    this.#decoder.release();
    this.#encoder.release();
  }

  #hear(payload: Uint8Array, at: number, octets: number): Int16Array {
    const ticks = opusTicks(payload, at, octets);
    if (ticks === 0) return NOTHING;
    this.#channels = opusChannels(payload[at]!);
    const rate = (octets * 8 * OPUS_RATE) / ticks;
    this.#bitrate = Math.min(
      MOST_BITRATE,
      Math.max(LEAST_BITRATE, rate, this.#bitrate * FORGETTING),
    );
    const heard = this.#decoder.decode(payload.subarray(at, at + octets));
    this.#quiet = rms(heard) < QUIET;
    return heard;
  }

  #say(payload: Uint8Array, at: number, length: number): number {
    if (!this.#saying) this.#encoder.restart(this.#bitrate);
    this.#saying = true;
    const coded = this.#encoder.encode(pcm.subarray(0, length), this.#channels);
    payload.set(coded, at);
    return coded.length;
  }
}

const NOTHING = new Int16Array(0);

function rms(samples: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! * samples[i]!;
  return Math.sqrt(sum / Math.max(1, samples.length));
}
