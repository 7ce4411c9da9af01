/**
 * Takes finished PCM, channels interleaved; `frame` counts from the beginning of the audio. The samples
 * are a view that is overwritten later: copy what is kept.
 */
export type PcmSink = (frame: number, pcm: Int16Array) => void;

/**
 * The recording's audio as it grows, the last seconds of it in memory. Streams add samples to their
 * channels wherever they belong, in any order; what nobody adds to is silence. Until the audio is longer
 * than the window, whole channels can still be moved.
 */
export class Canvas {
  readonly #pcm: Int16Array;
  /** First frame in memory; before it only the sink has the audio. */
  #start = 0;
  #end = 0;
  /** Frames that the sink does not have as they are now. */
  #dirtyFrom = Number.POSITIVE_INFINITY;
  #dirtyTo = 0;

  /** `window` in frames. */
  constructor(
    readonly channels: number,
    private readonly window: number,
    private readonly sink: PcmSink,
  ) {
    this.#pcm = new Int16Array(window * channels);
  }

  /** Frames so far. */
  get end(): number {
    return this.#end;
  }

  /** True while all of the audio is in memory. */
  get whole(): boolean {
    return this.#start === 0;
  }

  /**
   * Adds samples to a channel (from 0), saturating; two streams on one channel are mixed so. Gives the
   * number of samples that came too late, being before the window.
   */
  add(channel: number, frame: number, samples: Int16Array): number {
    if (frame + samples.length > this.#start + this.window) this.#slide(frame + samples.length);
    const skipped = Math.min(Math.max(0, this.#start - frame), samples.length);
    if (skipped === samples.length) return skipped;
    const { channels } = this;
    const pcm = this.#pcm;
    let at = (frame + skipped - this.#start) * channels + channel;
    for (let i = skipped; i < samples.length; i++, at += channels) {
      let sum = pcm[at]! + samples[i]!;
      if (sum > 32_767) sum = 32_767;
      else if (sum < -32_768) sum = -32_768;
      pcm[at] = sum;
    }
    this.#touch(frame + skipped, frame + samples.length);
    return skipped;
  }

  /** Makes the audio at least so long. */
  extendTo(frame: number): void {
    if (frame <= this.#end) return;
    const from = this.#end;
    if (frame > this.#start + this.window) this.#slide(frame);
    this.#touch(Math.max(from, this.#start), frame);
  }

  /** Puts silence before everything. False, and nothing done, when the audio is too long for that. */
  prepend(frames: number): boolean {
    if (!this.whole || this.#end + frames > this.window) return false;
    const { channels } = this;
    this.#pcm.copyWithin(frames * channels, 0, this.#end * channels);
    this.#pcm.fill(0, 0, frames * channels);
    this.#touch(0, this.#end + frames);
    return true;
  }

  /**
   * Moves a whole channel later, or earlier over what silence it begins with. False, and nothing done,
   * when the audio is too long for that.
   */
  shift(channel: number, frames: number): boolean {
    if (!this.whole || this.#end + frames > this.window) return false;
    const lane = new Int16Array(this.#end);
    for (let i = 0; i < lane.length; i++) lane[i] = this.#pcm[i * this.channels + channel]!;
    for (let i = 0; i < this.#end + Math.max(0, frames); i++) {
      this.#pcm[i * this.channels + channel] = lane[i - frames] ?? 0;
    }
    this.#touch(0, this.#end + Math.max(0, frames));
    return true;
  }

  /** Hands the sink everything that it does not have yet. */
  flush(): void {
    if (this.#dirtyFrom >= this.#dirtyTo) return;
    const from = (this.#dirtyFrom - this.#start) * this.channels;
    const to = (this.#dirtyTo - this.#start) * this.channels;
    this.sink(this.#dirtyFrom, this.#pcm.subarray(from, to));
    this.#dirtyFrom = Number.POSITIVE_INFINITY;
    this.#dirtyTo = 0;
  }

  /** Half a window at once, so that sliding is rare and half a window of the past stays. */
  #slide(end: number): void {
    this.flush();
    const start = end - Math.floor(this.window / 2);
    const kept = Math.max(0, this.#end - start);
    this.#pcm.copyWithin(
      0,
      (this.#end - kept - this.#start) * this.channels,
      (this.#end - this.#start) * this.channels,
    );
    this.#pcm.fill(0, kept * this.channels);
    this.#start = start;
  }

  #touch(from: number, to: number): void {
    this.#dirtyFrom = Math.min(this.#dirtyFrom, from);
    this.#dirtyTo = Math.max(this.#dirtyTo, to);
    this.#end = Math.max(this.#end, to);
  }
}
