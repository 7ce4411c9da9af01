import type { Millis } from '../../core';
import type { StreamFormat } from '../plane';
import { type Law, PCMA, PCMU } from './g711';
import {
  decodeHigh,
  decodeLow,
  encodeHigh,
  encodeLow,
  G722Splitter,
  highBand,
  lowBand,
} from './g722';
import { OPUS_RATE, OpusVoicing } from './opus-voicing';
import { clip } from './pcm';
import { Resampler } from './resample';

/**
 * Speaks one codec on one stream: adds sound to its payloads, or makes payloads of its own. Sound comes
 * as *values*: what the codec adds up, `valuesPerTick` for each tick of the RTP timestamp (`valuesOf`).
 */
export interface Voicing {
  readonly valuesPerTick: number;
  /** Length of a packet of our own: 20 ms, or a part of it where that is too much for a datagram. */
  readonly frameTicks: number;
  /** The stream must be followed for this long before it is mixed into without a trace. */
  readonly lead: Millis;
  /** Payloads may pass untouched again; until then they are better mixed with nothing. */
  readonly settled: boolean;
  /** How much of the stream's time a payload holds; 0 when it is none of this codec. */
  ticksIn(payload: Uint8Array, at: number, octets: number): number;
  /** Takes note of a payload that passes untouched. */
  follow(payload: Uint8Array, at: number, octets: number): void;
  /** Adds values, from the first on, to the payload where it lies, which then has so many octets. */
  mix(payload: Uint8Array, at: number, octets: number, values: Int32Array): number;
  /** Writes a payload of the values alone, of so many octets. */
  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): number;
  /** It is not needed any more. */
  release(): void;
}

/** PCM that programs are given in. */
export const PROGRAM_RATE = 16_000;

/** 20 ms at 8 kHz. */
const FRAME_8K = 160;
const MOST_OCTETS = 1_400;

/** Those of RFC 3551 §4.1. Any other that a party names would cost a filter of its own. */
const L16_RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/** Whether streams in this format are spoken here. */
export function isSpoken({ codec, clockRate, channels }: StreamFormat): boolean {
  switch (codec.toUpperCase()) {
    case 'PCMU':
    case 'PCMA':
    case 'G722':
      return clockRate === 8_000 && channels === 1;
    case 'L16':
      return L16_RATES.includes(clockRate) && (channels === 1 || channels === 2);
    case 'OPUS':
      // RFC 7587 §4.1 and §7: always these, whatever is in the packets.
      return clockRate === OPUS_RATE && channels === 2;
    default:
      return false;
  }
}

/** The voicing of a stream in this format, to be released after use; undefined for what is not spoken here. */
export function voicing(format: StreamFormat): Voicing | undefined {
  if (!isSpoken(format)) return undefined;
  switch (format.codec.toUpperCase()) {
    case 'PCMU':
      return new G711Voicing(PCMU);
    case 'PCMA':
      return new G711Voicing(PCMA);
    case 'G722':
      return new G722Voicing();
    case 'OPUS':
      return new OpusVoicing();
    default:
      return new L16Voicing(format.clockRate, format.channels);
  }
}

/** How many values `valuesOf` makes for each tick. */
export function valuesPerTick({ codec }: StreamFormat): number {
  return codec.toUpperCase() === 'G722' ? 2 : 1;
}

/** The values of mono PCM at `PROGRAM_RATE` in a format that has a voicing. */
export function valuesOf(pcm: Int16Array, { codec, clockRate }: StreamFormat): Int16Array {
  if (codec.toUpperCase() === 'G722') return new G722Splitter().split(pcm);
  if (clockRate === PROGRAM_RATE) return pcm;
  const resampler = new Resampler(PROGRAM_RATE, clockRate);
  const head = resampler.push(pcm);
  const rest = resampler.flush();
  const values = new Int16Array(head.length + rest.length);
  values.set(head);
  values.set(rest, head.length);
  return values;
}

/** Two table look-ups and an addition a sample; no memory. */
class G711Voicing implements Voicing {
  readonly valuesPerTick = 1;
  readonly frameTicks = FRAME_8K;
  readonly lead = 0;
  readonly settled = true;

  constructor(private readonly law: Law) {}

  ticksIn(_payload: Uint8Array, _at: number, octets: number): number {
    return octets;
  }

  follow(): void {}

  mix(payload: Uint8Array, at: number, octets: number, values: Int32Array): number {
    const { pcm, code } = this.law;
    for (let i = 0; i < octets; i++) {
      payload[at + i] = code[clip(pcm[payload[at + i]!]! + values[i]!) & 0xffff]!;
    }
    return octets;
  }

  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): number {
    const { code } = this.law;
    for (let i = 0; i < ticks; i++) payload[at + i] = code[clip(values[i]!) & 0xffff]!;
    return ticks;
  }

  release(): void {}
}

/** The same sound on every channel. */
class L16Voicing implements Voicing {
  readonly valuesPerTick = 1;
  readonly frameTicks: number;
  readonly lead = 0;
  readonly settled = true;
  readonly #octetsPerTick: number;

  constructor(
    clockRate: number,
    private readonly channels: number,
  ) {
    this.#octetsPerTick = 2 * channels;
    let ticks = Math.round(clockRate / 50);
    while (ticks * this.#octetsPerTick > MOST_OCTETS) ticks = Math.ceil(ticks / 2);
    this.frameTicks = ticks;
  }

  ticksIn(_payload: Uint8Array, _at: number, octets: number): number {
    return Math.floor(octets / this.#octetsPerTick);
  }

  follow(): void {}

  mix(payload: Uint8Array, at: number, octets: number, values: Int32Array): number {
    const end = at + this.ticksIn(payload, at, octets) * this.#octetsPerTick;
    for (let i = 0, to = at; to < end; i++) {
      for (let channel = 0; channel < this.channels; channel++, to += 2) {
        write(payload, to, (((payload[to]! << 24) >> 16) | payload[to + 1]!) + values[i]!);
      }
    }
    return octets;
  }

  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): number {
    const octets = ticks * this.#octetsPerTick;
    for (let i = 0, to = at; to < at + octets; i++) {
      for (let channel = 0; channel < this.channels; channel++, to += 2) {
        write(payload, to, values[i]!);
      }
    }
    return octets;
  }

  release(): void {}
}

/** The low band's quantizer in a pause or between words. */
const QUIET_SCALE = 300;

/**
 * Adds in the two bands, between decoding and coding anew, so that the sound goes through no second
 * filter bank and nothing is delayed. The coder sets out from the decoder's state, which is that of
 * whoever listens: it hears no seam. On the way back the listener's state differs a little from the
 * speaker's, and forgets the difference while it gets the same speech; it is let go in a quiet
 * moment in which both quantize alike, where it hears no seam either.
 */
class G722Voicing implements Voicing {
  readonly valuesPerTick = 2;
  readonly frameTicks = FRAME_8K;
  readonly lead = 200;

  readonly #heardLow = lowBand();
  readonly #heardHigh = highBand();
  readonly #saidLow = lowBand();
  readonly #saidHigh = highBand();
  #saying = false;

  get settled(): boolean {
    if (!this.#saying) return true;
    const { scale } = this.#saidLow;
    return scale < QUIET_SCALE && Math.abs(scale - this.#heardLow.scale) <= scale / 16;
  }

  ticksIn(_payload: Uint8Array, _at: number, octets: number): number {
    return octets;
  }

  follow(payload: Uint8Array, at: number, octets: number): void {
    this.#saying = false;
    for (let i = at; i < at + octets; i++) {
      decodeLow(this.#heardLow, payload[i]! & 0x3f);
      decodeHigh(this.#heardHigh, payload[i]! >> 6);
    }
  }

  mix(payload: Uint8Array, at: number, octets: number, values: Int32Array): number {
    this.#begin();
    for (let i = 0; i < octets; i++) {
      const code = payload[at + i]!;
      const low = decodeLow(this.#heardLow, code & 0x3f) + values[2 * i]!;
      const high = decodeHigh(this.#heardHigh, code >> 6) + values[2 * i + 1]!;
      payload[at + i] = this.#say(low, high);
    }
    return octets;
  }

  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): number {
    this.#begin();
    for (let i = 0; i < ticks; i++) payload[at + i] = this.#say(values[2 * i]!, values[2 * i + 1]!);
    return ticks;
  }

  release(): void {}

  #begin(): void {
    if (this.#saying) return;
    this.#saying = true;
    this.#saidLow.become(this.#heardLow);
    this.#saidHigh.become(this.#heardHigh);
  }

  #say(low: number, high: number): number {
    return (encodeHigh(this.#saidHigh, clip(high)) << 6) | encodeLow(this.#saidLow, clip(low));
  }
}

function write(payload: Uint8Array, at: number, value: number): void {
  const clipped = clip(value);
  payload[at] = clipped >> 8;
  payload[at + 1] = clipped & 0xff;
}
