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
import { Resampler } from './resample';

/**
 * Speaks one codec on one stream: adds sound to its payloads, or makes payloads of its own. Sound comes
 * as *values*: what the codec adds up, `valuesPerTick` for each tick of the RTP timestamp (`valuesOf`).
 * Nothing is allocated after birth.
 */
export interface Voicing {
  readonly valuesPerTick: number;
  readonly octetsPerTick: number;
  /** The stream must be followed for this long before it is mixed into without a trace. */
  readonly lead: Millis;
  /** Payloads may pass untouched again; until then they are better mixed with nothing. */
  readonly settled: boolean;
  /** Takes note of a payload that passes untouched. */
  follow(payload: Uint8Array, at: number, ticks: number): void;
  /** Adds values, from the first on, to the payload where it lies. */
  mix(payload: Uint8Array, at: number, ticks: number, values: Int32Array): void;
  /** Writes a payload of the values alone. */
  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): void;
}

/** PCM that programs are given in. */
export const PROGRAM_RATE = 16_000;

/** Those of RFC 3551 §4.1. Any other that a party names would cost a filter of its own. */
const L16_RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/** The voicing of a stream in this format; undefined for what is not spoken here. */
export function voicing({ codec, clockRate, channels }: StreamFormat): Voicing | undefined {
  const name = codec.toUpperCase();
  if (name === 'L16') {
    const usual = L16_RATES.includes(clockRate) && (channels === 1 || channels === 2);
    return usual ? new L16Voicing(channels) : undefined;
  }
  if (clockRate !== 8_000 || channels !== 1) return undefined;
  switch (name) {
    case 'PCMU':
      return new G711Voicing(PCMU);
    case 'PCMA':
      return new G711Voicing(PCMA);
    case 'G722':
      return new G722Voicing();
    default:
      return undefined;
  }
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
  readonly octetsPerTick = 1;
  readonly lead = 0;
  readonly settled = true;

  constructor(private readonly law: Law) {}

  follow(): void {}

  mix(payload: Uint8Array, at: number, ticks: number, values: Int32Array): void {
    const { pcm, code } = this.law;
    for (let i = 0; i < ticks; i++) {
      payload[at + i] = code[clip(pcm[payload[at + i]!]! + values[i]!) & 0xffff]!;
    }
  }

  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): void {
    const { code } = this.law;
    for (let i = 0; i < ticks; i++) payload[at + i] = code[clip(values[i]!) & 0xffff]!;
  }
}

/** The same sound on every channel. */
class L16Voicing implements Voicing {
  readonly valuesPerTick = 1;
  readonly octetsPerTick: number;
  readonly lead = 0;
  readonly settled = true;

  constructor(private readonly channels: number) {
    this.octetsPerTick = 2 * channels;
  }

  follow(): void {}

  mix(payload: Uint8Array, at: number, ticks: number, values: Int32Array): void {
    const end = at + ticks * this.octetsPerTick;
    for (let i = 0, to = at; to < end; i++) {
      for (let channel = 0; channel < this.channels; channel++, to += 2) {
        write(payload, to, (((payload[to]! << 24) >> 16) | payload[to + 1]!) + values[i]!);
      }
    }
  }

  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): void {
    const end = at + ticks * this.octetsPerTick;
    for (let i = 0, to = at; to < end; i++) {
      for (let channel = 0; channel < this.channels; channel++, to += 2) {
        write(payload, to, values[i]!);
      }
    }
  }
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
  readonly octetsPerTick = 1;
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

  follow(payload: Uint8Array, at: number, ticks: number): void {
    this.#saying = false;
    for (let i = at; i < at + ticks; i++) {
      decodeLow(this.#heardLow, payload[i]! & 0x3f);
      decodeHigh(this.#heardHigh, payload[i]! >> 6);
    }
  }

  mix(payload: Uint8Array, at: number, ticks: number, values: Int32Array): void {
    this.#begin();
    for (let i = 0; i < ticks; i++) {
      const code = payload[at + i]!;
      const low = decodeLow(this.#heardLow, code & 0x3f) + values[2 * i]!;
      const high = decodeHigh(this.#heardHigh, code >> 6) + values[2 * i + 1]!;
      payload[at + i] = this.#say(low, high);
    }
  }

  speak(payload: Uint8Array, at: number, ticks: number, values: Int32Array): void {
    this.#begin();
    for (let i = 0; i < ticks; i++) payload[at + i] = this.#say(values[2 * i]!, values[2 * i + 1]!);
  }

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

function clip(value: number): number {
  return Math.max(-32_768, Math.min(32_767, value));
}

function write(payload: Uint8Array, at: number, value: number): void {
  const clipped = clip(value);
  payload[at] = clipped >> 8;
  payload[at + 1] = clipped & 0xff;
}
