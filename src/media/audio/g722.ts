import { Band, saturate } from './g722-band';

/**
 * G.722 at 64 kbit/s (ITU-T Rec. G.722, mode 1): an octet is two samples at 16 kHz, six bits for the
 * band below 4 kHz and two for the one above. In RTP its clock runs at 8000 Hz nevertheless (RFC 3551
 * §4.5.2). Bit-exact; decoder and encoder keep state from packet to packet.
 */
const LOWER = { maxLogScale: 18_432, scaleShift: 8, firstScale: 32 };
const HIGHER = { maxLogScale: 22_528, scaleShift: 10, firstScale: 8 };

/** Reconstructed signals stay within 15 bits: LIMIT, blocks 6L and 5H. */
const LIMIT_HIGH = 16_383;
const LIMIT_LOW = -16_384;

/** Table 11: the quadrature mirror filter, first half. */
const QMF = Int32Array.from([3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11]);
const QMF_TAPS = 24;

/** Tables 14 and 15, inverse quantizers: by 6-bit code, by its upper four bits, by the 2-bit code. */
const INVERSE_6 = Int32Array.from([
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232,
  -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400,
  -2032, -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232,
  9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688,
  1360, 1040, 728, 432, 136, -432, -136,
]);
const INVERSE_4 = Int32Array.from([
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200,
  0,
]);
const INVERSE_2 = Int32Array.from([-7408, -1616, 7408, 1616]);

/** Steps of the logarithmic scale: by the upper four bits of the low code, by the high code. */
const LOW_STEP = Int32Array.from([
  -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
]);
const HIGH_STEP = Int32Array.from([798, -214, 798, -214]);

/** Table 17: decision levels of the 6-bit quantizer. */
const LEVEL_6 = Int32Array.from([
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
  1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
]);
/** The decision level of the 2-bit quantizer. */
const LEVEL_2 = 564;

export class G722Decoder {
  readonly #low = lowBand();
  readonly #high = highBand();
  readonly #history = new Int32Array(QMF_TAPS);

  /** Two samples at 16 kHz for each octet. */
  decode(payload: Uint8Array): Int16Array {
    const samples = new Int16Array(payload.length * 2);
    for (let at = 0; at < payload.length; at++) {
      const code = payload[at]!;
      const low = decodeLow(this.#low, code & 0x3f);
      const high = decodeHigh(this.#high, code >> 6);
      this.#join(low, high, samples, at * 2);
    }
    return samples;
  }

  /** The receive quadrature mirror filter, §4.4. */
  #join(low: number, high: number, out: Int16Array, at: number): void {
    const x = this.#history;
    x.copyWithin(0, 2);
    x[QMF_TAPS - 2] = low + high;
    x[QMF_TAPS - 1] = low - high;
    let first = 0;
    let second = 0;
    for (let i = 0; i < QMF_TAPS / 2; i++) {
      second += x[2 * i]! * QMF[i]!;
      first += x[2 * i + 1]! * QMF[QMF_TAPS / 2 - 1 - i]!;
    }
    out[at] = saturate(first >> 11);
    out[at + 1] = saturate(second >> 11);
  }
}

export class G722Encoder {
  readonly #low = lowBand();
  readonly #high = highBand();
  readonly #split = new G722Splitter();

  /** An octet for every two samples at 16 kHz; an odd sample at the end is left out. */
  encode(samples: Int16Array): Uint8Array {
    const bands = this.#split.split(samples);
    const payload = new Uint8Array(bands.length >> 1);
    for (let at = 0; at < payload.length; at++) {
      payload[at] =
        (encodeHigh(this.#high, bands[2 * at + 1]!) << 6) | encodeLow(this.#low, bands[2 * at]!);
    }
    return payload;
  }
}

/** The transmit quadrature mirror filter, §3.1: what an encoder quantizes. */
export class G722Splitter {
  readonly #history = new Int32Array(QMF_TAPS);

  /** For every two samples at 16 kHz one of the lower and one of the higher band, in turn. */
  split(samples: Int16Array): Int16Array {
    const bands = new Int16Array(samples.length & ~1);
    const x = this.#history;
    for (let at = 0; at < bands.length; at += 2) {
      x.copyWithin(0, 2);
      x[QMF_TAPS - 2] = samples[at]!;
      x[QMF_TAPS - 1] = samples[at + 1]!;
      let odd = 0;
      let even = 0;
      for (let i = 0; i < QMF_TAPS / 2; i++) {
        odd += x[2 * i]! * QMF[i]!;
        even += x[2 * i + 1]! * QMF[QMF_TAPS / 2 - 1 - i]!;
      }
      bands[at] = saturate((even + odd) >> 14);
      bands[at + 1] = saturate((even - odd) >> 14);
    }
    return bands;
  }
}

export function lowBand(): Band {
  return new Band(LOWER);
}

export function highBand(): Band {
  return new Band(HIGHER);
}

/** The lower band's signal of a 6-bit code. */
export function decodeLow(band: Band, code: number): number {
  const exact = band.predicted + ((band.scale * INVERSE_6[code]!) >> 15);
  adaptLow(band, code);
  return limit(exact);
}

/** The higher band's signal of a 2-bit code. */
export function decodeHigh(band: Band, code: number): number {
  const difference = (band.scale * INVERSE_2[code]!) >> 15;
  const exact = band.predicted + difference;
  band.adapt(difference, HIGH_STEP[code]!);
  return limit(exact);
}

/** QUANTL: the 6-bit code of the lower band's signal. */
export function encodeLow(band: Band, signal: number): number {
  const error = saturate(signal - band.predicted);
  const size = error >= 0 ? error : ~error;
  let level = 1;
  while (level < 30 && size >= (LEVEL_6[level]! * band.scale) >> 12) level++;
  const code = error >= 0 ? 62 - level : level < 3 ? 64 - level : 34 - level;
  adaptLow(band, code);
  return code;
}

/** QUANTH: the 2-bit code of the higher band's signal. */
export function encodeHigh(band: Band, signal: number): number {
  const error = saturate(signal - band.predicted);
  const size = error >= 0 ? error : ~error;
  const outer = size >= (LEVEL_2 * band.scale) >> 12;
  const code = (error >= 0 ? 3 : 1) - (outer ? 1 : 0);
  band.adapt((band.scale * INVERSE_2[code]!) >> 15, HIGH_STEP[code]!);
  return code;
}

/** The low band adapts to the upper four bits alone, so that the lower two can be stolen (§1.4). */
function adaptLow(band: Band, code: number): void {
  band.adapt((band.scale * INVERSE_4[code >> 2]!) >> 15, LOW_STEP[code >> 2]!);
}

function limit(value: number): number {
  return Math.min(Math.max(value, LIMIT_LOW), LIMIT_HIGH);
}
