import { Decoder, Encoder } from '@evan/opus/wasm/index.js';

/** Hz: the clock of RFC 7587, whatever rate is within the packets. */
export const OPUS_RATE = 48_000;
/** RFC 6716 §3.1: a packet holds 120 ms at most. */
export const OPUS_MOST_TICKS = 5_760;

/** RFC 6716 §3.1, table 2: ticks of a frame by the upper five bits of the TOC. */
const FRAME_TICKS = Uint16Array.from([
  480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 480, 960, 120, 240,
  480, 960, 120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960,
]);

/** How much time a packet holds, in ticks of 48 kHz (RFC 6716 §3.2); 0 when it is none. */
export function opusTicks(packet: Uint8Array, at: number, octets: number): number {
  if (octets < 1) return 0;
  const toc = packet[at]!;
  const code = toc & 3;
  if (code === 3 && octets < 2) return 0;
  const frames = code === 0 ? 1 : code < 3 ? 2 : packet[at + 1]! & 0x3f;
  const ticks = frames * FRAME_TICKS[toc >> 3]!;
  return ticks <= OPUS_MOST_TICKS ? ticks : 0;
}

/** 2 where the packet has two channels (RFC 6716 §3.1), else 1. */
export function opusChannels(toc: number): 1 | 2 {
  return (toc & 4) === 0 ? 1 : 2;
}

/** Requests of libopus, `opus_defines.h`. */
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;
const SET_FORCE_CHANNELS = 4022;
const RESET_STATE = 4028;

/** Enough for speech; the coder takes a fifth less time than at 9. */
const COMPLEXITY = 5;

/** Decodes the packets of one stream. Its memory is not the garbage collector's: release it. */
export class OpusDecoder {
  readonly #decoder: Decoder;

  constructor(channels: 1 | 2) {
    this.#decoder = new Decoder({ channels, sample_rate: OPUS_RATE });
  }

  /** Interleaved samples at 48 kHz; none when the packet is not one of Opus. */
  decode(packet: Uint8Array): Int16Array {
    if (opusTicks(packet, 0, packet.length) === 0) return new Int16Array(0);
    try {
      const octets = this.#decoder.decode(packet);
      return new Int16Array(octets.buffer, octets.byteOffset, octets.length / 2);
    } catch {
      return new Int16Array(0);
    }
  }

  release(): void {
    this.#decoder.drop();
  }
}

/**
 * Codes two channels at 48 kHz with the least delay that libopus has (2.5 ms). Its memory is not the garbage
 * collector's: release it.
 */
export class OpusEncoder {
  readonly #encoder = new Encoder({
    channels: 2,
    application: 'restricted_lowdelay',
    sample_rate: OPUS_RATE,
  });

  constructor() {
    this.#encoder.ctl(SET_COMPLEXITY, COMPLEXITY);
  }

  /** Sets out anew, for `bitrate` bits a second. */
  restart(bitrate: number): void {
    this.#encoder.ctl(RESET_STATE, 0);
    this.#encoder.ctl(SET_BITRATE, Math.round(bitrate));
  }

  /** `channels` in the packet; `pcm` has two, interleaved. Nothing when a packet cannot be of its length. */
  encode(pcm: Int16Array, channels: 1 | 2): Uint8Array {
    this.#encoder.ctl(SET_FORCE_CHANNELS, channels);
    try {
      return this.#encoder.encode(pcm);
    } catch {
      return new Uint8Array(0);
    }
  }

  release(): void {
    this.#encoder.drop();
  }
}
