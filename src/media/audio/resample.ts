/** Zero crossings of the sinc on either side: about 80 dB of stop band under the window below. */
const ZERO_CROSSINGS = 16;
/** Kaiser window's shape for that stop band. */
const KAISER_BETA = 8;
/** The filter's cut-off, as a share of the lower of both Nyquist frequencies. */
const PASS = 0.92;

/**
 * Changes the rate of a stream by a windowed sinc in polyphase form. An output sample lies exactly at
 * its instant in the input: there is no delay to account for, only the last few samples come later,
 * with the next input or with `flush`.
 */
export class Resampler {
  readonly #filter: Filter;
  /** Inputs from `#start` on: what the next output may need. */
  #history: Int16Array;
  #start: number;
  /** The next output's place: input index, and phase in units of 1/up. */
  #at = 0;
  #phase = 0;
  #received = 0;

  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    this.#filter = filterFor(from, to);
    this.#start = -this.#filter.reach;
    this.#history = new Int16Array(this.#filter.reach);
  }

  /** Takes more input and gives what output can be computed now. */
  push(samples: Int16Array): Int16Array {
    this.#received += samples.length;
    return this.#run(samples, this.#received - this.#filter.reach);
  }

  /** The outputs that were waiting for more input, as if silence followed; then begins anew. */
  flush(): Int16Array {
    const rest = this.#run(new Int16Array(this.#filter.reach), this.#received);
    this.#start = -this.#filter.reach;
    this.#history = new Int16Array(this.#filter.reach);
    this.#at = 0;
    this.#phase = 0;
    this.#received = 0;
    return rest;
  }

  /** Computes the outputs whose place lies before input index `end`. */
  #run(samples: Int16Array, end: number): Int16Array {
    const { up, down, reach, taps } = this.#filter;
    const input = new Int16Array(this.#history.length + samples.length);
    input.set(this.#history);
    input.set(samples, this.#history.length);
    const count = Math.max(0, Math.ceil(((end - this.#at) * up - this.#phase) / down));
    const output = new Int16Array(count);
    for (let n = 0; n < count; n++) {
      const first = this.#at - reach + 1 - this.#start;
      const coefficients = taps[this.#phase]!;
      let sum = 0;
      for (let k = 0; k < 2 * reach; k++) sum += input[first + k]! * coefficients[k]!;
      output[n] = Math.min(Math.max(Math.round(sum), -32_768), 32_767);
      this.#phase += down;
      this.#at += Math.floor(this.#phase / up);
      this.#phase %= up;
    }
    const keepFrom = Math.max(0, this.#at - reach + 1 - this.#start);
    this.#history = input.slice(keepFrom);
    this.#start += keepFrom;
    return output;
  }
}

interface Filter {
  /** Output rate : input rate, in lowest terms. */
  readonly up: number;
  readonly down: number;
  /** Input samples on either side of an output. */
  readonly reach: number;
  /** By phase, 2 * reach coefficients each. */
  readonly taps: readonly Float64Array[];
}

const filters = new Map<string, Filter>();

function filterFor(from: number, to: number): Filter {
  const key = `${from}:${to}`;
  const known = filters.get(key);
  if (known) return known;
  const common = greatestCommonDivisor(from, to);
  const up = to / common;
  const down = from / common;
  const cutoff = Math.min(1, up / down) * PASS;
  const reach = Math.ceil(ZERO_CROSSINGS / Math.min(1, up / down));
  const taps = Array.from({ length: up }, (_, phase) => {
    const row = Float64Array.from({ length: 2 * reach }, (_unused, k) => {
      const distance = k - reach + 1 - phase / up;
      return sinc(distance * cutoff) * kaiser(distance / reach);
    });
    const sum = row.reduce((total, one) => total + one, 0);
    return row.map((one) => one / sum);
  });
  const filter = { up, down, reach, taps };
  filters.set(key, filter);
  return filter;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  if (Math.abs(x) >= 1) return 0;
  return besselI0(KAISER_BETA * Math.sqrt(1 - x * x)) / besselI0(KAISER_BETA);
}

function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
