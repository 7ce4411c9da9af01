/**
 * Takes finished PCM, channels interleaved; `frame` counts from the beginning of the audio. The samples
 * are a view that is overwritten later: copy what is kept.
 */
export type PcmSink = (frame: number, pcm: Int16Array) => void;

/**
 * The recording's audio as it grows, the last seconds of it in memory. Streams add samples to their
 * channels wherever they belong, in any order; what nobody adds to is silence. As long as everything
 * that was painted is in memory, whole channels can still be moved.
 */
export class Canvas {
  /** Frames from `#start` on; what lies beyond `#end` is zero. */
  #pcm: Int16Array;
  /** First frame in memory; before it only the sink has the audio. */
  #start = 0;
  #end = 0;
  /** First frame that was painted, of each channel. */
  readonly #first: number[];
  /** Frames in memory before old ones are let go. */
  #limit: number;
  /** Frames that the sink does not have as they are now. */
  #dirtyFrom = Number.POSITIVE_INFINITY;
  #dirtyTo = 0;

  /** `window` in frames: as much is in memory as a rule. */
  constructor(
    readonly channels: number,
    private readonly window: number,
    private readonly sink: PcmSink,
  ) {
    this.#pcm = new Int16Array(window * channels);
    this.#limit = window;
    this.#first = new Array<number>(channels).fill(Number.POSITIVE_INFINITY);
  }

  /** Frames so far. */
  get end(): number {
    return this.#end;
  }

  /** Nothing has been painted yet. */
  get blank(): boolean {
    return Math.min(...this.#first) === Number.POSITIVE_INFINITY;
  }

  /** Everything that was painted is in memory. */
  get whole(): boolean {
    return Math.min(...this.#first) >= this.#start;
  }

  /** Lets go of nothing before so many frames are in memory; fewer than a window are a window. */
  remember(frames: number): void {
    this.#limit = Math.max(this.window, frames);
  }

  /**
   * Adds samples to a channel (from 0), saturating; two streams on one channel are mixed so. Gives the
   * number of samples that came too late, their place being forgotten.
   */
  add(channel: number, frame: number, samples: Int16Array): number {
    if (this.#first[channel]! > frame) this.#begin(channel, frame);
    this.#reach(frame + samples.length);
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
    this.#reach(frame);
    this.#touch(Math.max(from, this.#start), frame);
  }

  /** Puts silence before everything. False, and nothing done, when the audio is too long for that. */
  prepend(frames: number): boolean {
    if (this.blank) {
      this.#end += frames;
      return true;
    }
    if (this.#start > 0 || this.#end + frames > this.#limit) return false;
    this.#reach(this.#end + frames);
    const { channels } = this;
    this.#pcm.copyWithin(frames * channels, 0, this.#end * channels);
    this.#pcm.fill(0, 0, frames * channels);
    for (let channel = 0; channel < channels; channel++) this.#first[channel]! += frames;
    this.#touch(0, this.#end + frames);
    return true;
  }

  /**
   * Moves a whole channel later, or earlier over what silence it begins with. False, and nothing done,
   * when that is not in memory any more.
   */
  shift(channel: number, frames: number): boolean {
    const end = this.#end + Math.max(0, frames);
    const first = this.#first[channel]!;
    const room = Math.min(first, first + frames) >= this.#start;
    if (!room || end - this.#start > this.#limit) return false;
    this.#reach(end);
    const { channels } = this;
    const pcm = this.#pcm;
    const count = end - this.#start;
    const lane = Int16Array.from({ length: count }, (_, i) => pcm[i * channels + channel]!);
    for (let i = 0; i < count; i++) pcm[i * channels + channel] = lane[i - frames] ?? 0;
    this.#first[channel]! += frames;
    this.#touch(this.#start, end);
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

  /** Makes frames up to `end` have their place in memory. */
  #reach(end: number): void {
    const frames = end - this.#start;
    if (frames * this.channels <= this.#pcm.length) return;
    if (frames <= this.#limit) {
      const grown = new Int16Array(Math.min(this.#limit, 2 * frames) * this.channels);
      grown.set(this.#pcm);
      this.#pcm = grown;
    } else {
      this.#slideTo(end - Math.floor(this.window / 2));
    }
  }

  /** Half a window is let go at once, so that this is rare and half a window of the past stays. */
  #slideTo(start: number): void {
    this.flush();
    const window = new Int16Array(this.window * this.channels);
    const gone = (start - this.#start) * this.channels;
    if (gone < this.#pcm.length) window.set(this.#pcm.subarray(gone, gone + window.length));
    this.#pcm = window;
    this.#start = start;
  }

  /** A channel is painted for the first time, or earlier than ever. */
  #begin(channel: number, frame: number): void {
    if (this.blank) {
      // All is silence: memory may begin anywhere.
      this.flush();
      this.#start = Math.max(0, Math.min(this.#start, frame - Math.floor(this.window / 2)));
    }
    this.#first[channel] = frame;
  }

  #touch(from: number, to: number): void {
    this.#dirtyFrom = Math.min(this.#dirtyFrom, from);
    this.#dirtyTo = Math.max(this.#dirtyTo, to);
    this.#end = Math.max(this.#end, to);
  }
}
