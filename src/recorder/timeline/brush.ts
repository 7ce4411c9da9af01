import { Resampler } from '../../media';
import type { Canvas } from './canvas';
import type { Decode, Format } from './format';
import { slip } from './slip';

type Decoded = Extract<Format, { kept: 'wav' }>;

/**
 * Paints the packets of one source into its channel: decodes, brings to the audio's rate, and lets what
 * follows without a break in the timestamps follow without a break in the samples.
 */
export class Brush {
  #format: Decoded | undefined;
  #decode: Decode | undefined;
  #resampler: Resampler | undefined;
  /** Where the next sample goes if the next packet follows on. */
  #cursor = 0;
  #expectedTicks = Number.NaN;
  #late = 0;

  constructor(
    private readonly canvas: Canvas,
    private readonly channel: number,
    private readonly rate: number,
  ) {}

  /** The end of what was painted last. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Samples that came when their place was out of reach. */
  get late(): number {
    return this.#late;
  }

  /** True when a packet of these ticks follows on what was painted last. */
  follows(format: Decoded, ticks: number): boolean {
    return format === this.#format && ticks === this.#expectedTicks;
  }

  /**
   * Paints a packet, the next in order. `frame` is its place when it does not follow on. `correction`
   * in frames is worked off as far as `slip` allows; gives how far that was.
   */
  paint(
    format: Decoded,
    ticks: number,
    payload: Uint8Array,
    frame: number,
    correction: number,
  ): number {
    const follows = this.follows(format, ticks);
    if (format !== this.#format) this.#take(format);
    const decoded = this.#decode!(payload);
    this.#expectedTicks = ticks + (decoded.length * format.clockRate) / format.sampleRate;
    if (!follows) {
      this.#finishRun();
      this.#cursor = frame;
    }
    const samples = this.#resampler?.push(decoded) ?? decoded;
    const { samples: slipped, moved } = slip(samples, correction);
    this.#add(slipped);
    return moved;
  }

  /** Paints a packet that comes after its successors, at `frame`. */
  paintAlone(format: Decoded, payload: Uint8Array, frame: number): void {
    const decoded = format.decoder()(payload);
    const { sampleRate } = format;
    const alone = sampleRate === this.rate ? undefined : new Resampler(sampleRate, this.rate);
    const samples = alone ? Int16Array.from([...alone.push(decoded), ...alone.flush()]) : decoded;
    this.#late += this.canvas.add(this.channel, Math.max(0, frame), samples);
  }

  /** What comes next does not follow on what came before. */
  lift(): void {
    this.#finishRun();
    this.#expectedTicks = Number.NaN;
  }

  /** The channel has been moved under the brush. */
  move(frames: number): void {
    this.#cursor += frames;
  }

  #take(format: Decoded): void {
    this.#finishRun();
    this.#format = format;
    this.#decode = format.decoder();
    const { sampleRate } = format;
    this.#resampler = sampleRate === this.rate ? undefined : new Resampler(sampleRate, this.rate);
  }

  /** The last samples of a run wait in the resampler for more. */
  #finishRun(): void {
    if (this.#resampler && !Number.isNaN(this.#expectedTicks)) this.#add(this.#resampler.flush());
  }

  #add(samples: Int16Array): void {
    // Before the beginning is nothing: what cannot be placed there is cut off.
    const cut = Math.min(Math.max(0, -this.#cursor), samples.length);
    const placed = cut > 0 ? samples.subarray(cut) : samples;
    this.#late += cut + this.canvas.add(this.channel, this.#cursor + cut, placed);
    this.#cursor += samples.length;
  }
}
