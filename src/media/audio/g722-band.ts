/**
 * One sub-band of G.722 (ITU-T Rec. G.722 §3, §4): an adaptive quantizer's scale and an adaptive
 * predictor with two poles and six zeros, in the 16-bit arithmetic of the Recommendation. Both ends of a
 * stream run the same band on the same codes, and so arrive at the same prediction.
 */

/** What differs between the bands. */
export interface BandShape {
  /** Largest logarithmic scale: NABLA of blocks 3L and 3H. */
  readonly maxLogScale: number;
  /** Bits by which the linear scale is shifted down, before the logarithm's exponent. */
  readonly scaleShift: number;
  readonly firstScale: number;
}

/** Table 19: the mantissas of the logarithmic scale. */
const LOG_MANTISSA = Int32Array.from([
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
  2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
]);

export class Band {
  /** Predicted signal, SL or SH. */
  predicted = 0;
  /** Quantizer scale, DETL or DETH. */
  scale: number;

  #logScale = 0;
  #zeroPart = 0;
  /** Pole coefficients, reconstructed signal and partial reconstruction: now, and one and two back. */
  #a1 = 0;
  #a2 = 0;
  #r1 = 0;
  #p1 = 0;
  #p2 = 0;
  /** Zero coefficients (1..6) and quantized differences (0..6). */
  readonly #b = new Int32Array(7);
  readonly #d = new Int32Array(7);

  constructor(private readonly shape: BandShape) {
    this.scale = shape.firstScale;
  }

  /** Takes over the state of a band of the same shape. */
  become(other: Band): void {
    this.predicted = other.predicted;
    this.scale = other.scale;
    this.#logScale = other.#logScale;
    this.#zeroPart = other.#zeroPart;
    this.#a1 = other.#a1;
    this.#a2 = other.#a2;
    this.#r1 = other.#r1;
    this.#p1 = other.#p1;
    this.#p2 = other.#p2;
    this.#b.set(other.#b);
    this.#d.set(other.#d);
  }

  /** Blocks 3 and 4: takes the quantized difference and the logarithmic step of its code. */
  adapt(difference: number, logStep: number): void {
    this.#rescale(logStep);
    this.#predict(difference);
  }

  /** LOGSCL/LOGSCH and SCALEL/SCALEH. */
  #rescale(logStep: number): void {
    const leaked = ((this.#logScale * 127) >> 7) + logStep;
    this.#logScale = Math.min(Math.max(leaked, 0), this.shape.maxLogScale);
    const mantissa = LOG_MANTISSA[(this.#logScale >> 6) & 31]!;
    const shift = this.shape.scaleShift - (this.#logScale >> 11);
    this.scale = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
  }

  #predict(difference: number): void {
    const d = this.#d;
    const b = this.#b;
    // RECONS, PARREC
    const r0 = saturate(this.predicted + difference);
    const p0 = saturate(this.#zeroPart + difference);

    // UPPOL2
    const sameAs1 = p0 >> 15 === this.#p1 >> 15;
    const sameAs2 = p0 >> 15 === this.#p2 >> 15;
    const a1Times4 = saturate(this.#a1 << 2);
    const pull = sameAs1 ? Math.min(-a1Times4, 32_767) : a1Times4;
    const a2 = clamp((sameAs2 ? 128 : -128) + (pull >> 7) + ((this.#a2 * 32_512) >> 15), 12_288);

    // UPPOL1
    const limit = saturate(15_360 - a2);
    const a1 = clamp(saturate((sameAs1 ? 192 : -192) + ((this.#a1 * 32_640) >> 15)), limit);

    // UPZERO and DELAYA, FILTEZ
    const step = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    d[0] = difference;
    let zeroPart = 0;
    for (let i = 6; i > 0; i--) {
      const change = d[i]! >> 15 === sign ? step : -step;
      b[i] = saturate(change + ((b[i]! * 32_640) >> 15));
      d[i] = d[i - 1]!;
      zeroPart += (b[i]! * saturate(d[i]! << 1)) >> 15;
    }
    this.#zeroPart = saturate(zeroPart);

    // FILTEP, PREDIC
    const polePart = saturate(
      ((a1 * saturate(r0 << 1)) >> 15) + ((a2 * saturate(this.#r1 << 1)) >> 15),
    );
    this.predicted = saturate(polePart + this.#zeroPart);

    this.#a1 = a1;
    this.#a2 = a2;
    this.#r1 = r0;
    this.#p2 = this.#p1;
    this.#p1 = p0;
  }
}

export function saturate(value: number): number {
  if (value > 32_767) return 32_767;
  if (value < -32_768) return -32_768;
  return value;
}

function clamp(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
